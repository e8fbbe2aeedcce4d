"""What an experiment leaves behind: our tables, the artefacts by content, and the mirror of the trials in Optuna's own tables.

Owns where things lie and how they are written; refuses to know what an experiment is beyond its rows. Nothing is imported here, so that
``home`` stays cheap and only those who mirror pay for importing Optuna.
"""
