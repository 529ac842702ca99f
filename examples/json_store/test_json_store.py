from json_store import open_json

from actionplans.testing.stores import StoreContract


class TestJsonStore(StoreContract):
    def open_store(self, place, tenant=""):
        return open_json(f"json:///{place}", tenant=tenant)
