"""Settings: who changes which part, what a change touches, custom fields' rights, and what never comes in."""
