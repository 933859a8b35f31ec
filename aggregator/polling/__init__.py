"""What to do about a feed: decisions, without doing anything. Pure."""
