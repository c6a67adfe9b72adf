"""Tables and indexes that only pages ask for."""

from __future__ import annotations

CYCLES = """
CREATE TABLE cycles (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    id TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    orders INTEGER NOT NULL,
    refusals INTEGER NOT NULL,
    error TEXT
) STRICT;
CREATE INDEX cycles_of_credential ON cycles (credential_id, number);
CREATE INDEX fills_of_order ON fills (credential_id, order_id);
CREATE INDEX events_of_kind ON events (kind);
CREATE INDEX verdict_history_of_code ON verdict_history (code);
"""
