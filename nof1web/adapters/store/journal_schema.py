"""What was added to the tables of a tenant's journal."""

from __future__ import annotations

TIMES = """
ALTER TABLE intents ADD COLUMN seen_at INTEGER;
ALTER TABLE intents ADD COLUMN decided_at INTEGER;
ALTER TABLE intents ADD COLUMN sent_at INTEGER;
ALTER TABLE intents ADD COLUMN acknowledged_at INTEGER;
ALTER TABLE intents ADD COLUMN agent_price TEXT;
"""

NUMBERS = """
CREATE TABLE journal_numbers (
    credential_id TEXT PRIMARY KEY,
    newest INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE readings (
    credential_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    PRIMARY KEY (credential_id, number)
) STRICT, WITHOUT ROWID;
ALTER TABLE intents ADD COLUMN written_no INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intents ADD COLUMN settled_no INTEGER NOT NULL DEFAULT 0;
ALTER TABLE snapshots ADD COLUMN read_no INTEGER NOT NULL DEFAULT 0;
INSERT INTO journal_numbers (credential_id, newest) SELECT id, 1 FROM credentials;
UPDATE intents SET written_no = 1 WHERE created_at > (
    SELECT read_at FROM snapshots WHERE snapshots.credential_id = intents.credential_id
);
UPDATE intents SET settled_no = 1 WHERE status NOT IN ('written', 'unknown') AND settled_at > (
    SELECT read_at FROM snapshots WHERE snapshots.credential_id = intents.credential_id
);
"""

ENTERED = """
CREATE INDEX intents_entered ON intents (created_at) WHERE shadow = 0 AND kind IN ('open', 'increase');
"""
FIRED = """
ALTER TABLE protections ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
CREATE INDEX protections_fired ON protections (credential_id, order_id) WHERE order_id <> '';
"""
