"""What a tenant's database keeps of keys besides their sealed secrets; times are INTEGER microseconds UTC."""

from __future__ import annotations

# A key that was there already counts from when its credential was made.
KEYS = """
CREATE TABLE key_facts (
    credential_id TEXT PRIMARY KEY REFERENCES credentials (id),
    label TEXT NOT NULL DEFAULT '',
    proxy TEXT NOT NULL DEFAULT '',
    added_at INTEGER NOT NULL,
    warnings TEXT NOT NULL DEFAULT '[]',
    refused_at INTEGER,
    confirmed_at INTEGER,
    refusals INTEGER NOT NULL DEFAULT 0,
    locked_from TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO key_facts (credential_id, added_at) SELECT id, created_at FROM credentials;
CREATE TABLE past_keys (
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    api_key TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
) STRICT;
CREATE INDEX past_keys_of_credential ON past_keys (credential_id, ended_at);
ALTER TABLE credentials ADD COLUMN removed_at INTEGER;
ALTER TABLE drafts ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE drafts ADD COLUMN margin_mode TEXT NOT NULL DEFAULT '';
ALTER TABLE drafts ADD COLUMN proxy TEXT NOT NULL DEFAULT '';
ALTER TABLE drafts ADD COLUMN sealed_proxy BLOB NOT NULL DEFAULT x'';
ALTER TABLE drafts ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
ALTER TABLE drafts ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]';
"""

# A key without warnings may have been read or not: the next test of its connection tells. A default can't be altered.
UNREAD = """
CREATE TABLE facts_of_keys (
    credential_id TEXT PRIMARY KEY REFERENCES credentials (id),
    label TEXT NOT NULL DEFAULT '',
    proxy TEXT NOT NULL DEFAULT '',
    added_at INTEGER NOT NULL,
    warnings TEXT NOT NULL DEFAULT '["permissions_unverified"]',
    refused_at INTEGER,
    confirmed_at INTEGER,
    refusals INTEGER NOT NULL DEFAULT 0,
    locked_from TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO facts_of_keys SELECT * FROM key_facts;
DROP TABLE key_facts;
ALTER TABLE facts_of_keys RENAME TO key_facts;
UPDATE key_facts SET warnings = '["permissions_unverified"]' WHERE warnings = '[]'
    AND credential_id IN (SELECT id FROM credentials WHERE environment <> 'paper');
"""

PAIRS = "ALTER TABLE drafts ADD COLUMN public_key TEXT NOT NULL DEFAULT '';"
