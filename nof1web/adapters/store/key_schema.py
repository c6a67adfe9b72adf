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
