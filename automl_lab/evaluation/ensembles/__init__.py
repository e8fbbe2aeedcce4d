"""Ensembles of candidates: chosen on out-of-fold predictions alone, adjusted on them, and written as plain source."""
