"""Use cases. Each reads like its own description, and reaches the outside only through ports."""
