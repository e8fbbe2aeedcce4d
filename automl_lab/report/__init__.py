"""The report: a notebook of plain public code that tells an experiment, runs its winner again from the raw data and says whether the score came back."""
