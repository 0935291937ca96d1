"""The questions pages ask: store and filter to a small typed result."""
