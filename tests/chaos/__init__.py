"""Chaos: seeded runs of whole installations in which everything goes wrong, and what must be true afterwards."""
