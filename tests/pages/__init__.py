"""Pages in the app, without a browser."""
