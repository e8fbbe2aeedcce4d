"""Ways to fill missing numbers, one file each. No machine-learning library is imported here."""
