"""Tables of a tenant's database as first made.

Amounts are INTEGER 1e-8 units; quantities, prices and ratios TEXT; times INTEGER microseconds UTC.
"""

from __future__ import annotations

CREDENTIALS = """
CREATE TABLE data_key (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    wrapped BLOB NOT NULL
) STRICT;
CREATE TABLE credentials (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    environment TEXT NOT NULL,
    api_key TEXT NOT NULL,
    state TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    armed INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    account_alias TEXT NOT NULL,
    tested_at INTEGER,
    last_cycle_at INTEGER,
    last_sync_at INTEGER,
    last_error TEXT,
    wake_at INTEGER,
    watches TEXT NOT NULL,
    fence INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE secrets (
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    field TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (credential_id, field)
) STRICT;
CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    environment TEXT NOT NULL,
    api_key TEXT NOT NULL,
    sealed BLOB NOT NULL,
    state TEXT NOT NULL,
    answer TEXT,
    credential_id TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE snapshots (
    credential_id TEXT PRIMARY KEY REFERENCES credentials (id),
    equity INTEGER NOT NULL,
    wallet INTEGER NOT NULL,
    available INTEGER NOT NULL,
    initial_margin INTEGER NOT NULL,
    unrealised INTEGER NOT NULL,
    hedge INTEGER NOT NULL,
    multi_assets INTEGER NOT NULL,
    read_at INTEGER NOT NULL
) STRICT;
CREATE TABLE snapshot_positions (
    credential_id TEXT NOT NULL REFERENCES snapshots (credential_id),
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    entry_price TEXT NOT NULL,
    mark TEXT NOT NULL,
    liquidation TEXT NOT NULL,
    unrealised INTEGER NOT NULL,
    initial_margin INTEGER NOT NULL,
    PRIMARY KEY (credential_id, symbol, side)
) STRICT;
CREATE TABLE equity (
    credential_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    equity INTEGER NOT NULL,
    wallet INTEGER NOT NULL,
    available INTEGER NOT NULL,
    initial_margin INTEGER NOT NULL,
    PRIMARY KEY (credential_id, at)
) STRICT, WITHOUT ROWID;
"""

TRACKERS = """
CREATE TABLE trackers (
    id TEXT PRIMARY KEY,
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    started INTEGER NOT NULL,
    started_at INTEGER,
    created_at INTEGER NOT NULL,
    settings TEXT NOT NULL
) STRICT;
CREATE INDEX trackers_of_credential ON trackers (credential_id);
CREATE TABLE epochs (
    tracker_id TEXT NOT NULL REFERENCES trackers (id),
    symbol TEXT NOT NULL,
    epoch TEXT NOT NULL,
    state TEXT NOT NULL,
    quantity TEXT NOT NULL,
    entry_price TEXT,
    ratio TEXT,
    leverage INTEGER NOT NULL,
    reference_quantity TEXT NOT NULL,
    reference_entry TEXT NOT NULL,
    step INTEGER NOT NULL,
    allocation INTEGER NOT NULL,
    shadow INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    matters INTEGER NOT NULL,
    PRIMARY KEY (tracker_id, symbol, epoch)
) STRICT;
CREATE INDEX epochs_that_matter ON epochs (tracker_id, matters, opened_at);
"""

JOURNAL = """
CREATE TABLE intents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tracker_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    epoch TEXT NOT NULL,
    step INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    client_order_id TEXT NOT NULL UNIQUE,
    credential_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    agent_quantity TEXT NOT NULL,
    agent_entry TEXT NOT NULL,
    leverage INTEGER NOT NULL,
    mark TEXT NOT NULL,
    shadow INTEGER NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    "limit" TEXT,
    executed TEXT NOT NULL,
    price TEXT,
    fee INTEGER,
    realised INTEGER,
    order_id TEXT NOT NULL,
    exchange_code INTEGER,
    absences INTEGER NOT NULL,
    priced INTEGER NOT NULL,
    settled_at INTEGER,
    explanation TEXT NOT NULL,
    UNIQUE (tracker_id, symbol, epoch, step, attempt)
) STRICT;
CREATE INDEX intents_of_credential ON intents (credential_id, id);
CREATE INDEX intents_of_symbol ON intents (credential_id, symbol);
CREATE INDEX intents_unresolved ON intents (credential_id) WHERE status IN ('written', 'unknown');
CREATE INDEX intents_unpriced ON intents (credential_id)
    WHERE status IN ('filled', 'partial') AND priced = 0 AND shadow = 0;
CREATE TABLE fills (
    credential_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    trade_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    price TEXT NOT NULL,
    fee INTEGER NOT NULL,
    fee_asset TEXT NOT NULL,
    realised INTEGER NOT NULL,
    traded_at INTEGER NOT NULL,
    PRIMARY KEY (credential_id, symbol, trade_id)
) STRICT;
CREATE INDEX fills_in_time ON fills (credential_id, traded_at);
CREATE TABLE protections (
    client_algo_id TEXT PRIMARY KEY,
    credential_id TEXT NOT NULL,
    tracker_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    epoch TEXT NOT NULL,
    leg TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    "trigger" TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    exchange_code INTEGER
) STRICT;
CREATE INDEX protections_open ON protections (credential_id) WHERE status IN ('written', 'resting');
CREATE INDEX protections_of_epoch ON protections (tracker_id, symbol, epoch);
"""

CHRONICLE = """
CREATE TABLE verdicts (
    tracker_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    epoch TEXT NOT NULL,
    verdict TEXT NOT NULL,
    code TEXT NOT NULL,
    numbers TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (tracker_id, symbol)
) STRICT;
CREATE TABLE verdict_history (
    id INTEGER PRIMARY KEY,
    tracker_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    epoch TEXT NOT NULL,
    verdict TEXT NOT NULL,
    code TEXT NOT NULL,
    numbers TEXT NOT NULL,
    decided_at INTEGER NOT NULL
) STRICT;
CREATE INDEX verdict_history_of_tracker ON verdict_history (tracker_id, id);
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    severity TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    tracker_id TEXT NOT NULL,
    symbol TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_credential ON events (credential_id, id);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
"""

PAPER = """
CREATE TABLE paper_accounts (
    credential_id TEXT PRIMARY KEY REFERENCES credentials (id),
    state TEXT NOT NULL
) STRICT;
"""

LEVELS = """
CREATE TABLE defaults (
    scope TEXT PRIMARY KEY,
    settings TEXT NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE epochs ADD COLUMN agent_leverage INTEGER NOT NULL DEFAULT 0;
"""

MARGIN_MODES = "ALTER TABLE snapshots ADD COLUMN isolated TEXT;"
