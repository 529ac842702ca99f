"""How libraries that keep their connection to themselves lend it, each in a module that is imported by its name."""
