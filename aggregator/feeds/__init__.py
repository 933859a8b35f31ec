"""Documents in, `ParsedFeed` out. Pure; meant to run inside a worker process that can be killed."""
