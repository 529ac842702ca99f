"""What tests of the library and of its plug-ins share.

strategies    Hypothesis strategies for every noun
samples       small worlds of records and queries that often meet
stores        to inherit: StoreContract, that of `actionplans.storage` as tests, and MaintainedContract beside it
clock         FrozenClock, which moves when it is told to
"""
