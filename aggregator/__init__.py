"""A self-hosted news service: polls feeds, recognises repeated news, publishes what is left."""
