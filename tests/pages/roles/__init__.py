"""Who may see what, page by page."""
