"""The sections of the report, one file and one frozen constant each; their order is a number."""
