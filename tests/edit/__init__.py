"""The verbs, one file for each group of them, and the laws that hold for all."""
