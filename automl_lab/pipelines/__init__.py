"""Pipelines as data and as source: call trees, their rendering, audit, loading and persistence. It knows no model, no data and no search."""
