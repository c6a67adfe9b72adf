"""Schema changes of the three kinds of database, as steps that are only ever added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from nof1web.adapters.store import shared_schema, tenant_schema

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


@MARKET(name="0001_signals")
def _signals(database: Database) -> None:
    """What agents hold and held, their equity over time, and how the sources are doing."""
    database.executescript(shared_schema.SIGNALS)


@MARKET(name="0002_signal_memory")
def _signal_memory(database: Database) -> None:
    """Since when and in how many records an agent was seen, and whether its news was told."""
    database.executescript(shared_schema.SIGNAL_MEMORY)


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
