"""Frozen values that every floor above speaks in. No I/O, no clock."""
