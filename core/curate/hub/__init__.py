"""A finished export to a repository of a hub."""
