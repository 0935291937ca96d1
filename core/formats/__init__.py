"""Raw rows of any preference family to canonical pairs."""
