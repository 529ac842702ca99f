"""The nouns, what their fields may hold, the rules of a plan, and the errors."""
