"""What is asked of the API: queries in the address, bodies of changes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from nof1web.core.trading import Environment
from nof1web.web.api.models.fields import Flag, Model, Settings, Whole, Word

Cursor = Annotated[str, Field(max_length=400, description="`next` of the page before")]
Loudness = Literal["", "info", "warning", "alarm"]
Symbol = Annotated[Word, Field(description="Only this symbol, such as BTCUSDT")]


class Verb(StrEnum):
    """What may be done to several accounts at once."""

    START = "start"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"


class Nothing(Model):
    """No query, or an empty body."""


class Paging(Model):
    """Which page of a list."""

    limit: Annotated[Whole, Field(ge=1, le=200, description="At most so many")] = 50
    cursor: Cursor = ""


class OfCredential(Paging):
    """Which page, of one credential."""

    credential: Annotated[Word, Field(description="Only this credential: its id")] = ""


class OfOrders(OfCredential):
    """Which orders or holdings."""

    tracker: Annotated[Word, Field(description="Only this tracker: its id")] = ""


class OfTracker(Paging):
    """Which verdicts."""

    tracker: Annotated[Word, Field(description="Only this tracker: its id")] = ""
    symbol: Symbol = ""
    verdict: Annotated[Word, Field(description="Only this outcome: order, hold or refusal")] = ""
    code: Annotated[Word, Field(description="Only verdicts with this code")] = ""
    epoch: Annotated[Word, Field(description="Only this stay of an agent in a symbol")] = ""
    history: Annotated[Flag, Field(description="Earlier verdicts too, newest first")] = False


class OfEvents(OfCredential):
    """Which events."""

    tracker: Annotated[Word, Field(description="Only this tracker: its id")] = ""
    symbol: Symbol = ""
    kind: Annotated[Word, Field(description="Only events of this kind")] = ""
    severity: Annotated[Loudness, Field(description="Only events told this loudly")] = ""
    since: Annotated[Whole, Field(ge=0, le=2**62, description="Only events with a larger id")] = 0


class OfEquity(Paging):
    """Which readings."""

    since: Annotated[datetime | None, Field(description="Not before this time; without a zone it is UTC")] = None


class OfCurve(Model):
    """Which curve."""

    of: Annotated[Word, Field(description="An account's id or total:live, total:testnet, total:paper")] = ""
    range: Annotated[Literal["1d", "7d", "30d", "all"], Field(description="How far back")] = "1d"


class OfSource(Paging):
    """Which agents or signals."""

    source: Annotated[Word, Field(description="Only this source's")] = ""


class NewCredential(Model):
    """A key to be tested and kept; sealed at once, never shown again. A paper account needs none."""

    name: Word
    environment: Environment
    api_key: Annotated[Word, Field(examples=["a" * 64])] = ""
    api_secret: Annotated[str, Field(max_length=4096)] = ""
    label: Word = ""
    margin_mode: Word = ""
    proxy: Annotated[str, Field(max_length=512)] = ""


class NewKey(Model):
    """A new key of the same account; `environment` moves it to another one while it has no orders yet."""

    api_key: Word
    api_secret: Annotated[str, Field(max_length=4096)]
    environment: Environment | None = None


class NewPair(Model):
    """A credential whose key pair is made here."""

    name: Word
    environment: Environment
    label: Word = ""
    margin_mode: Word = ""
    proxy: Annotated[str, Field(max_length=512)] = ""


class PairKey(Model):
    """What the exchange gave for a pair's public key."""

    api_key: Word


class About(Model):
    """What to call an account, its label (main, sub or empty), its trackers' margin mode; what is left out stays."""

    name: Word | None = None
    label: Word | None = None
    margin_mode: Word | None = None


class Bulk(Model):
    """What to do with which accounts, named by their ids."""

    verb: Verb
    credentials: Annotated[list[Word], Field(min_length=1, max_length=200)]


class Confirm(Model):
    """The credential's name once more, to confirm what can't be taken back."""

    name: Word


class NewTracker(Model):
    """What to follow with which credential; settings as text, by name, see /settings/schema."""

    credential: Word
    source: Word
    agent: Word
    name: Word = ""
    settings: Settings = Field(default_factory=dict)


class Part(Model):
    """One account that is to follow: its id, and the settings that are for it alone."""

    credential: Word
    settings: Settings = Field(default_factory=dict)


class Several(Model):
    """What to follow with which accounts; `settings` are for all of them, a part's own win over those.

    Wrong fields are named `<credential id>.<setting>`.
    """

    source: Word
    agent: Word
    parts: Annotated[list[Part], Field(min_length=1, max_length=200)]
    settings: Settings = Field(default_factory=dict)


class Address(Model):
    """An address on Hyperliquid, or a known agent's name; `confirmed` takes one that holds nothing now.

    `label` is what you call it, for your own eyes only.
    """

    address: Word
    label: Word = ""
    confirmed: bool = False


class Changes(Model):
    """Settings to change, as text by name; `inherited` takes one back. All are checked before any is kept."""

    settings: Settings


class Wanted(Model):
    """What a new tracker would be."""

    credential: Word
    source: Word
    agent: Word
    settings: Settings = Field(default_factory=dict)


class Flatten(Model):
    """What to close: everything trackers hold, or one tracker's, or one symbol; `confirm` is the credential's name."""

    confirm: Word
    tracker: Word = ""
    symbol: Word = ""
    everything: bool = False


class FlattenCancel(Model):
    """Which flattens to end."""

    tracker: Word = ""
    symbol: Word = ""


class Poll(Model):
    """Whether anything is sent."""

    dry_run: bool = False


class Changed(Model):
    """Settings that differ from a tracker's own, as text by name."""

    settings: Settings = Field(default_factory=dict)


class ConfirmTracker(Model):
    """The tracker's name once more, to confirm what can't be taken back."""

    name: Word
