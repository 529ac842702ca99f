"""Replays a file of date vectors against the library: `python -m tests.replay FILE`.

A vector is one small case out of another product's tests: a kind, an input and what is expected. `vectors` reads
the file, `kinds` asks the library, `__main__` prints what came out.
"""
