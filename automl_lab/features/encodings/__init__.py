"""Encodings of categorical columns, one file each. No machine-learning library is imported here."""
