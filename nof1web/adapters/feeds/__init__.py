"""Signal sources."""
