"""What was added to account snapshots."""

from __future__ import annotations

LEVERAGES = """
ALTER TABLE snapshots ADD COLUMN leverages TEXT;
ALTER TABLE snapshots ADD COLUMN modes_at INTEGER;
"""
OPEN_ORDERS = """
CREATE TABLE open_order_readings (
    credential_id TEXT PRIMARY KEY REFERENCES credentials (id),
    asked_at INTEGER,
    read_at INTEGER
) STRICT;
CREATE TABLE open_orders (
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    position_side TEXT NOT NULL,
    kind TEXT NOT NULL,
    quantity TEXT NOT NULL,
    executed TEXT NOT NULL,
    price TEXT,
    trigger TEXT,
    reduces INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    placed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX open_orders_of ON open_orders (credential_id, symbol);
"""
OPEN_ORDERS_FAILED = """
ALTER TABLE open_order_readings ADD COLUMN failed_at INTEGER;
"""
