"""What keeps entries away, and what a person ended: halts, stopped symbols, reconciles, flattens, protected time.

Times are INTEGER microseconds UTC, spans INTEGER microseconds, quantities TEXT.
"""

from __future__ import annotations

HALTS = """
CREATE TABLE halts (
    scope TEXT PRIMARY KEY CHECK (scope = 'user'),
    at INTEGER NOT NULL
) STRICT;
CREATE TABLE stopped_symbols (
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    symbol TEXT NOT NULL,
    why TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (credential_id, symbol)
) STRICT;
CREATE TABLE reconciles (
    credential_id TEXT PRIMARY KEY REFERENCES credentials (id),
    asked_at INTEGER NOT NULL,
    done_at INTEGER
) STRICT;
CREATE TABLE flattens (
    id TEXT PRIMARY KEY,
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    tracker_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    everything INTEGER NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;
CREATE UNIQUE INDEX flattens_open ON flattens (credential_id, tracker_id, symbol, everything)
    WHERE finished_at IS NULL;
CREATE TABLE covers (
    tracker_id TEXT PRIMARY KEY REFERENCES trackers (id),
    at INTEGER NOT NULL,
    held INTEGER NOT NULL,
    covered INTEGER NOT NULL,
    held_time INTEGER NOT NULL,
    covered_time INTEGER NOT NULL
) STRICT;
ALTER TABLE trackers ADD COLUMN state TEXT NOT NULL DEFAULT 'running';
"""
FOUND = """
ALTER TABLE flattens ADD COLUMN found TEXT;
ALTER TABLE flattens ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;
"""
LACKING = """
ALTER TABLE reconciles ADD COLUMN lacking_since INTEGER;
"""
