"""The files and the only duckdb and tantivy imports."""
