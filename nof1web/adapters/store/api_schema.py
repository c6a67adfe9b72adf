"""Tables of the HTTP API: tokens in registry.db, answers that a repeated request gets again in each tenant's database.

Times are INTEGER microseconds UTC.
"""

from __future__ import annotations

TOKENS = """
CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('read', 'trade', 'admin')),
    ending TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX api_tokens_in_use ON api_tokens (user_id, name_key) WHERE revoked_at IS NULL;
"""

REPLAYS = """
CREATE TABLE replays (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    status INTEGER,
    body TEXT
) STRICT;
CREATE INDEX replays_asked ON replays (asked_at);
CREATE INDEX fills_newest ON fills (traded_at);
"""
