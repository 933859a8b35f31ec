"""feeds.yaml: what may stand in it, and every error of it with its place."""
