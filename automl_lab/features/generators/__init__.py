"""Makers of new columns out of others, one file each. No machine-learning library is imported here."""
