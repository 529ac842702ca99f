"""That sharing shows customers and partners what it should, and nothing else (V1 to V8)."""
