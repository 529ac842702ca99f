"""What touches the world: stores, exporters, senders. Found by entry point, imported by nobody inside the library."""
