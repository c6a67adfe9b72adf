"""Failures, named by what the caller may do about them.

Nof1Error
  ConfigError            start-up: refuse to run, say which variable
  InvalidInput           the person can fix it: 422, or exit code 1
    InvalidSettings
  NotFound               404 to strangers and typos alike
  Refused                the state forbids it: say what to do first (409, or exit code 1)
  Unavailable            a process or server we need does not answer: say which
    Damaged              a database that only a backup brings back
  SecretUnreadable       lock the credential; never a fallback value
  LeaseLost              someone else owns this credential now: write nothing, stop
  FeedError              the signal is missing or unusable: no entries, no closes from it
  ExchangeError
    Transient            not executed: decide again later
      OverBudget         not even sent: this address or account may ask no more for now
    AlreadyDone          the exchange is already in the wanted state
    Rejected             recorded; ends this change
    Blocked              entries off for the symbol or account; tell the user
    CredentialRefused    entries stop at once; locked after confirmation
    OutcomeUnknown       may have happened: never repeat; settle by query
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(template: str) -> str:
    """Mark an English sentence for translation where it is written; returns it unchanged."""
    return template


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for a person: an English template and its numbers, translated where it is shown."""

    template: str
    numbers: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template % self.numbers if self.numbers else self.template


class Nof1Error(Exception):
    """Anything that ends a use case; `text` is one sentence that says what to do."""

    code = "failed"

    def __init__(self, template: str, /, **numbers: object) -> None:
        self.text = Text(template, numbers)
        super().__init__(str(self.text))


class ConfigError(Nof1Error):
    """Start-up: an environment variable is missing or wrong."""

    code = "config"


class InvalidInput(Nof1Error):
    """The person can fix it; `fields` holds a sentence per field that is wrong."""

    code = "invalid_input"

    def __init__(self, template: str, /, fields: Mapping[str, Text] | None = None, **numbers: object) -> None:
        super().__init__(template, **numbers)
        self.fields: Mapping[str, Text] = fields or {}


class InvalidSettings(InvalidInput):
    """One or more settings are outside their bounds; `fields` is keyed by setting name."""

    code = "invalid_settings"

    def __init__(self, fields: Mapping[str, Text]) -> None:
        first = next(iter(fields.values()))
        super().__init__(first.template, fields=fields, **first.numbers)


class NotFound(Nof1Error):
    """The thing asked for does not exist, or is somebody else's."""

    code = "not_found"


class Refused(Nof1Error):
    """The present state forbids it; the text says what to do first."""

    code = "refused"


class Unavailable(Nof1Error):
    """A process or server this needs does not answer."""

    code = "unavailable"


class Damaged(Unavailable):
    """A database file can't be read as one any more: only a backup brings it back."""


class SecretUnreadable(Nof1Error):
    """A sealed secret does not open with the keys at hand: the credential is locked, nothing is sent."""

    code = "secret_unreadable"


class LeaseLost(Nof1Error):
    """Another worker owns this credential now: write nothing and stop."""

    code = "lease_lost"


class FeedError(Nof1Error):
    """The signal is missing, old or unusable: nothing may be opened or closed because of it."""

    code = "feed"


class ExchangeError(Nof1Error):
    """The exchange did not do what was asked; `exchange_code` and `body` are what it said."""

    code = "exchange"

    def __init__(
        self,
        template: str,
        /,
        *,
        exchange_code: int | None = None,
        http_status: int | None = None,
        body: str = "",
        retry_after: int | None = None,
        **numbers: object,
    ) -> None:
        super().__init__(template, **numbers)
        self.exchange_code = exchange_code
        self.http_status = http_status
        self.body = body
        self.retry_after = retry_after


class Transient(ExchangeError):
    """Certainly not executed: safe to decide again at `wake_at`."""

    code = "transient"


class OverBudget(Transient):
    """Not sent: what the host allows this address or account is used up for now."""


class AlreadyDone(ExchangeError):
    """The exchange already is in the wanted state."""

    code = "already_done"


class Rejected(ExchangeError):
    """The exchange said no: recorded, not repeated."""

    code = "rejected"


class Blocked(ExchangeError):
    """The account or symbol does not take entries: stop opening, tell the user."""

    code = "blocked"


class CredentialRefused(ExchangeError):
    """The key, secret, address or permission was refused."""

    code = "credential_refused"


class OutcomeUnknown(ExchangeError):
    """It may have happened: query before anything else."""

    code = "outcome_unknown"
