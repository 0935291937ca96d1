"""Relabel in a browser."""
