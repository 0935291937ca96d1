"""The shared Streamlit code: one `show` per file, and every cache in `cached.py`."""
