"""Exporters: each turns views into one file format."""
