"""Whose token it is, exchange accounts, keys' tests, and what workers were asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from nof1web.core.states import CredentialState
from nof1web.core.trading import Environment
from nof1web.services.stores import Scope
from nof1web.web.api.models.fields import Model, Money


class Me(Model):
    """Whose token it is and what it may do."""

    user_id: str
    email: str
    token_id: str
    token: str = Field(description="The token's name")
    scopes: list[Scope]
    expires_at: datetime | None


class Credential(Model):
    """An exchange account; the key is masked, amounts are null before the first sync."""

    credential_id: str
    name: str
    environment: Environment
    state: CredentialState
    enabled: bool
    armed: bool
    api_key: str
    account: str
    tested_at: datetime | None
    last_cycle_at: datetime | None
    last_error: str | None
    equity: Money | None
    wallet: Money | None
    available: Money | None
    margin: Money | None
    unrealised: Money | None
    today: Money | None = Field(description="The change since midnight UTC")
    position_mode: str
    multi_assets: bool
    read_at: datetime | None
    open_positions: int


class Draft(Model):
    """A key's test: `testing` until a worker has answered, then `passed` or `failed`.

    A pair made here is `waiting` until the exchange's id for its `public_key` (PEM) is known.
    """

    draft_id: str
    name: str
    environment: Environment
    state: str
    answer: str | None
    credential_id: str | None
    warnings: list[str]
    public_key: str | None


class Job(Model):
    """Work that a worker was asked for; ask for it at /credentials/{credential}/jobs/{job}."""

    job_id: str
    credential_id: str


class Cycle(Job):
    """A cycle that was asked for: `cycle_id` is the job's id."""

    cycle_id: str


class FlattenJob(Job):
    """A flatten that was asked for."""

    flatten_id: str


class Outcome(Model):
    """What became of a job: `waiting`, `running`, `done` with its result, or `failed` with a code and a sentence."""

    job_id: str
    state: str
    result: dict[str, Any] | None
    code: str | None
    message: str | None


class Cancelled(Model):
    """The flattens that were ended."""

    flatten_ids: list[str]


class Halt(Model):
    """Whether entries of all of one's credentials are off, by oneself or for the whole site."""

    halted: bool
    site_halted: bool


class Removed(Model):
    """What is gone."""

    id: str
    name: str


class NotDone(Model):
    """An account for which something could not be done, and why."""

    credential_id: str
    state: str
    code: str
    message: str


class Bulk(Model):
    """What became of each of several accounts."""

    done: list[Credential]
    refused: list[NotDone]
