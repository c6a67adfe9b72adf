"""Tables of market.db for recordings, addresses to read, agents' trades, and what followers were told."""

from __future__ import annotations

RECORDINGS = """
CREATE TABLE payloads (
    hash BLOB PRIMARY KEY,
    body BLOB NOT NULL,
    base BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX payloads_on_base ON payloads (base) WHERE base IS NOT NULL;
CREATE TABLE reads (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    hash BLOB,
    again INTEGER NOT NULL
) STRICT;
CREATE INDEX reads_of_source ON reads (source, at);
CREATE INDEX reads_of_payload ON reads (hash) WHERE hash IS NOT NULL;
CREATE TABLE checkpoints (
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    seen TEXT NOT NULL,
    PRIMARY KEY (source, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE leaders (
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (source, agent)
) STRICT, WITHOUT ROWID;
CREATE TABLE agent_marks (
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    marks TEXT NOT NULL,
    PRIMARY KEY (source, agent)
) STRICT, WITHOUT ROWID;
CREATE TABLE agent_trades (
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    symbol TEXT NOT NULL,
    epoch TEXT NOT NULL,
    quantity TEXT NOT NULL,
    entry_price TEXT NOT NULL,
    exit_price TEXT NOT NULL,
    leverage INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    PRIMARY KEY (source, agent, symbol, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE health_told (
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    health TEXT NOT NULL,
    PRIMARY KEY (source, agent)
) STRICT, WITHOUT ROWID;
CREATE TABLE agent_accounts (
    source TEXT NOT NULL,
    account TEXT NOT NULL,
    agent TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    PRIMARY KEY (source, account)
) STRICT, WITHOUT ROWID;
ALTER TABLE source_states ADD COLUMN unusable INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source_states ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source_states ADD COLUMN changed_at INTEGER;
ALTER TABLE source_states ADD COLUMN next_at INTEGER;
"""

WORTHS = """
CREATE TABLE agent_funds (
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    at INTEGER NOT NULL,
    equity TEXT NOT NULL,
    stakes TEXT NOT NULL,
    worth TEXT NOT NULL,
    PRIMARY KEY (source, agent)
) STRICT, WITHOUT ROWID;
ALTER TABLE agent_equity ADD COLUMN worth INTEGER;
"""
