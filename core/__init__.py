"""Assay without the browser: formats, scorers, signals, store, views, charts, curate."""
