"""Strategies, one file each: how the next configuration is found."""
