"""`manifest.json`: written, read back strictly, made anew and compared."""
