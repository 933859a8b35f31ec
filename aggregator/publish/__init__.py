"""Entries to documents: Atom, RSS, JSON Feed, OPML."""
