"""The store, on SQLite through sqlite-utils."""
