"""Schema changes of the three kinds of database, as steps that are only ever added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from nof1web.adapters.store import (
    agent_schema,
    api_schema,
    halt_schema,
    journal_schema,
    key_schema,
    market_schema,
    report_schema,
    shared_schema,
    snapshot_schema,
    tenant_schema,
)

REGISTRY = Migrations("registry")
MARKET = Migrations("market")
TENANT = Migrations("tenant")


@REGISTRY(name="0001_logins")
def _logins(database: Database) -> None:
    """The installation, users, sessions, switches and the site's audit trail."""
    database.executescript(shared_schema.LOGINS)


@REGISTRY(name="0002_mode")
def _mode(database: Database) -> None:
    """Whether the installation is a demo; one that has the demo's user is."""
    database.executescript(shared_schema.MODE)


@REGISTRY(name="0003_quotas")
def _quotas(database: Database) -> None:
    """How many credentials a user may have, where that differs from everybody's."""
    database.executescript(shared_schema.QUOTAS)


@REGISTRY(name="0004_locked")
def _locked(database: Database) -> None:
    """Whether a start under a wrong master key has locked everybody."""
    database.executescript(shared_schema.LOCKED)


@REGISTRY(name="0005_tokens")
def _tokens(database: Database) -> None:
    """Bearer tokens of the HTTP API, as hashes."""
    database.executescript(api_schema.TOKENS)


@REGISTRY(name="0006_allowances")
def _allowances(database: Database) -> None:
    """How many credentials, how short an interval and how many entries an hour a user may have."""
    database.executescript(shared_schema.ALLOWANCES)


@MARKET(name="0001_signals")
def _signals(database: Database) -> None:
    """What agents hold and held, their equity over time, and how the sources are doing."""
    database.executescript(shared_schema.SIGNALS)


@MARKET(name="0002_signal_memory")
def _signal_memory(database: Database) -> None:
    """Since when and in how many records an agent was seen, and whether its news was told."""
    database.executescript(shared_schema.SIGNAL_MEMORY)


@MARKET(name="0003_signal_reads")
def _signal_reads(database: Database) -> None:
    """How many good reads of an agent followed the first."""
    database.executescript(shared_schema.SIGNAL_READS)


@MARKET(name="0004_recordings")
def _recordings(database: Database) -> None:
    """What was read, word for word; addresses to read, agents' trades and seasons, and a source's breaker."""
    database.executescript(market_schema.RECORDINGS)


@MARKET(name="0005_worths")
def _worths(database: Database) -> None:
    """What agents' equities are worth apart from what was paid in and out."""
    database.executescript(market_schema.WORTHS)


@TENANT(name="0001_credentials")
def _credentials(database: Database) -> None:
    """Credentials with their fence, sealed secrets, drafts, the last sync and equity over time."""
    database.executescript(tenant_schema.CREDENTIALS)


@TENANT(name="0002_trackers")
def _trackers(database: Database) -> None:
    """Trackers with their settings, and their epochs with the holdings."""
    database.executescript(tenant_schema.TRACKERS)


@TENANT(name="0003_journal")
def _journal(database: Database) -> None:
    """Intents, the account's fills, and the protection we placed."""
    database.executescript(tenant_schema.JOURNAL)


@TENANT(name="0004_chronicle")
def _chronicle(database: Database) -> None:
    """Present verdicts, their history, events and the tenant's audit trail."""
    database.executescript(tenant_schema.CHRONICLE)


@TENANT(name="0005_paper")
def _paper(database: Database) -> None:
    """The accounts of the paper environment."""
    database.executescript(tenant_schema.PAPER)


@TENANT(name="0006_levels")
def _levels(database: Database) -> None:
    """What the user and the credentials set for their trackers, and the agent's leverage at an open."""
    database.executescript(tenant_schema.LEVELS)


@TENANT(name="0007_margin_modes")
def _margin_modes(database: Database) -> None:
    """Which symbols an account has with isolated margin; not told before the next sync."""
    database.executescript(tenant_schema.MARGIN_MODES)


@TENANT(name="0008_keys")
def _keys(database: Database) -> None:
    """What is known of each key, the keys before it, removed credentials, and what else was typed with a key."""
    database.executescript(key_schema.KEYS)


@TENANT(name="0009_times")
def _times(database: Database) -> None:
    """When an order was seen, decided, sent and acknowledged, and what the agent paid."""
    database.executescript(journal_schema.TIMES)


@TENANT(name="0010_halts")
def _halts(database: Database) -> None:
    """Halts, stopped symbols, reconciles that are due, flattens, how long holdings were protected, trackers' states."""
    database.executescript(halt_schema.HALTS)


@TENANT(name="0011_found")
def _found(database: Database) -> None:
    """What of the account a flatten may end beside holdings, and whether it was cancelled."""
    database.executescript(halt_schema.FOUND)


@TENANT(name="0012_unread")
def _unread(database: Database) -> None:
    """What a key may do counts as not read until a test has read it."""
    database.executescript(key_schema.UNREAD)


@TENANT(name="0013_cycles")
def _cycles(database: Database) -> None:
    """Past cycles with their durations, and what pages look up by."""
    database.executescript(report_schema.CYCLES)


@TENANT(name="0014_replays")
def _replays(database: Database) -> None:
    """Answers that a repeated request gets again, and fills in the order in which they are listed."""
    database.executescript(api_schema.REPLAYS)


@TENANT(name="0015_leverages")
def _leverages(database: Database) -> None:
    """Which leverage an account has set for its symbols, and when its modes were read; told by the next sync."""
    database.executescript(snapshot_schema.LEVERAGES)


@TENANT(name="0016_pairs")
def _pairs(database: Database) -> None:
    """Key pairs made here, which wait for the exchange's id."""
    database.executescript(key_schema.PAIRS)


@TENANT(name="0017_numbers")
def _numbers(database: Database) -> None:
    """The order in which an account's orders were written and settled and the account was read, by no clock."""
    database.executescript(journal_schema.NUMBERS)


@TENANT(name="0018_entered")
def _entered(database: Database) -> None:
    """What a user's entries of the last hour are looked up by."""
    database.executescript(journal_schema.ENTERED)


@TENANT(name="0019_labels")
def _labels(database: Database) -> None:
    """What a user calls agents."""
    database.executescript(agent_schema.LABELS)


@TENANT(name="0020_open_orders")
def _open_orders(database: Database) -> None:
    """What rests on the accounts, whoever placed it, and who waits for a reading of it."""
    database.executescript(snapshot_schema.OPEN_ORDERS)


@TENANT(name="0021_fired")
def _fired(database: Database) -> None:
    """Which order a stop or target became when it fired, so that its trades are its tracker's."""
    database.executescript(journal_schema.FIRED)


@TENANT(name="0022_lacking")
def _lacking(database: Database) -> None:
    """Since when orders may be lacking that were sent after a backup."""
    database.executescript(halt_schema.LACKING)


@TENANT(name="0023_open_orders_failed")
def _open_orders_failed(database: Database) -> None:
    """When a reading of what rests on an account was given up."""
    database.executescript(snapshot_schema.OPEN_ORDERS_FAILED)
