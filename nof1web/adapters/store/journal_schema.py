"""What was added to the tables of a tenant's journal."""

from __future__ import annotations

TIMES = """
ALTER TABLE intents ADD COLUMN seen_at INTEGER;
ALTER TABLE intents ADD COLUMN decided_at INTEGER;
ALTER TABLE intents ADD COLUMN sent_at INTEGER;
ALTER TABLE intents ADD COLUMN acknowledged_at INTEGER;
ALTER TABLE intents ADD COLUMN agent_price TEXT;
"""
