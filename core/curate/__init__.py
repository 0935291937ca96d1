"""Selections to splits, files, manifest and card."""
