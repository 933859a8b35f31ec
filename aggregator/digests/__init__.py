"""What belongs into a day's digest. Pure."""
