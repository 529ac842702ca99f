"""The stores that ship."""
