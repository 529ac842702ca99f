"""What tests of the library and of its plug-ins share.

strategies    Hypothesis strategies for every noun
samples       small worlds of records and queries that often meet
stores        StoreContract, to inherit: the contract of `actionplans.storage` as tests
              MaintainedContract beside it: that of `upkeep.Maintained`, backups and checks
clock         FrozenClock, which moves when it is told to
"""
