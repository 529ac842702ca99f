"""Benchmarks, side by side with the bare work: `python -m benchmarks --json`.

Each module has one public function named like its benchmark; it gives `{"ours": s, "floor": s, "ratio": r}` and more.
"""
