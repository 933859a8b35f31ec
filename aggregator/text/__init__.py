"""Strings in, strings out: HTML, addresses, dates, words, headlines, bylines. Pure."""
