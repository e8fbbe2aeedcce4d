"""Transforms of numeric columns, one file each. No machine-learning library is imported here."""
