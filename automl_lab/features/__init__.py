"""Feature steps, one file each: how columns of a kind are prepared for a model, inside the fold. No machine-learning library is imported here."""
