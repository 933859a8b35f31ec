"""The site as files, for hosts that only hand out files."""
