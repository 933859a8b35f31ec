"""Request handlers, one module a kind of page."""
