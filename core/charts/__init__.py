"""Typed results to plotly figures."""
