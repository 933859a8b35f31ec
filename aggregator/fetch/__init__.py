"""One conditional GET at a time: bounded, guarded, paced."""
