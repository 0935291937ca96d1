"""The export's README.md, and how it goes into one that is there."""
