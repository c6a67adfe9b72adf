"""SQLite: one registry, one market file, one file per tenant."""
