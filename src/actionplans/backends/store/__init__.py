"""The stores that ship: `memory`, `sqlite` and `postgresql`. The port and its contract are in `actionplans.storage`."""
