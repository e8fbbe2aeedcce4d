"""Model families, one file each: what they may be asked for and the call trees they build. No machine-learning library is imported here."""
