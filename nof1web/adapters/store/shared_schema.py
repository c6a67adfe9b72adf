"""Tables of registry.db and market.db, and what was added; times are INTEGER microseconds UTC, amounts 1e-8 units."""

from __future__ import annotations

LOGINS = """
CREATE TABLE installation (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    code TEXT NOT NULL CHECK (length(code) = 4),
    sealing_public BLOB NOT NULL,
    sealing_private BLOB NOT NULL
) STRICT;
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'user')),
    enabled INTEGER NOT NULL,
    language TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    opened_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_expiring ON sessions (expires_at);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE TABLE site (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    halted INTEGER NOT NULL
) STRICT;
INSERT INTO site (one, halted) VALUES (1, 0);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
"""

MODE = """
ALTER TABLE installation ADD COLUMN demo INTEGER;
UPDATE installation SET demo = 1 WHERE EXISTS (SELECT 1 FROM users WHERE email_key = 'demo@nof1.local');
"""

QUOTAS = """
CREATE TABLE quotas (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    credentials INTEGER NOT NULL
) STRICT;
"""

ALLOWANCES = """
CREATE TABLE allowances (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    credentials INTEGER,
    interval INTEGER,
    entries_per_hour INTEGER
) STRICT;
INSERT INTO allowances (user_id, credentials) SELECT user_id, credentials FROM quotas;
DROP TABLE quotas;
"""

LOCKED = """
ALTER TABLE site ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;
"""

SIGNALS = """
CREATE TABLE signals (
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    equity INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    read_at INTEGER NOT NULL,
    health TEXT NOT NULL,
    positions TEXT NOT NULL,
    unmapped TEXT NOT NULL,
    PRIMARY KEY (source, agent)
) STRICT;
CREATE TABLE signal_history (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    equity INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    read_at INTEGER NOT NULL,
    health TEXT NOT NULL,
    positions TEXT NOT NULL,
    unmapped TEXT NOT NULL
) STRICT;
CREATE INDEX signal_history_of_agent ON signal_history (source, agent, id);
CREATE TABLE agent_equity (
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    at INTEGER NOT NULL,
    equity INTEGER NOT NULL,
    PRIMARY KEY (source, agent, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE source_states (
    source TEXT PRIMARY KEY,
    tried_at INTEGER NOT NULL,
    good_at INTEGER,
    error TEXT,
    marker INTEGER,
    failures INTEGER NOT NULL
) STRICT;
"""

# Of agents that are known already, the history tells when they were first read.
SIGNAL_MEMORY = """
ALTER TABLE signals ADD COLUMN since INTEGER;
ALTER TABLE signals ADD COLUMN records INTEGER NOT NULL DEFAULT 1;
ALTER TABLE signals ADD COLUMN untold INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signal_history ADD COLUMN since INTEGER;
ALTER TABLE signal_history ADD COLUMN records INTEGER NOT NULL DEFAULT 1;
UPDATE signals SET since = coalesce(
    (SELECT min(read_at) FROM signal_history h WHERE h.source = signals.source AND h.agent = signals.agent), read_at
);
"""

# Each record but the first was read after it, at least once.
SIGNAL_READS = """
ALTER TABLE signals ADD COLUMN reads INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signal_history ADD COLUMN reads INTEGER NOT NULL DEFAULT 0;
UPDATE signals SET reads = records - 1;
UPDATE signal_history SET reads = records - 1;
"""
