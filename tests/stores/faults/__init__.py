"""What a killed process, a power loss, a full disk and a failing one do to a SQLite file of ours (S4, S7, C12)."""
