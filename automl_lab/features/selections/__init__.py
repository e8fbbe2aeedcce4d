"""Ways to choose among the prepared columns, one file each. No machine-learning library is imported here."""
