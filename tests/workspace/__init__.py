"""The workspace: every command goes read → decide → edit → commit → tell."""
