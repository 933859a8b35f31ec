"""Files beside the database: images that were fetched for readers, and the key that signs their addresses."""
