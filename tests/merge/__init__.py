"""Merging plans and taking merges back (section 6 of the rules)."""
