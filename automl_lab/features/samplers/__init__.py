"""Ways to even out the classes in training, one file each. No machine-learning library is imported here."""
