"""The stores that ship: `memory` and `sqlite`. The port and its contract are in `actionplans.storage`."""
