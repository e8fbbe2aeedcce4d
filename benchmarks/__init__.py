"""Measurements of our own overhead. ``python -m benchmarks.overhead``; results with date, machine and command stand in RESULTS.md."""
