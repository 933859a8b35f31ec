"""Entries in, copies and stories out. Pure."""
