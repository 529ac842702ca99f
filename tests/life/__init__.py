"""The life of plans and accounts besides dates: summaries, touchpoints, comments, metrics, health, rules, lists."""
