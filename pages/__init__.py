"""Streamlit pages; each a script of five steps over views, charts and curate."""
