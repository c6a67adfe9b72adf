"""One agent followed with several credentials at once: all of the trackers are made, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from nof1web.core import leaders
from nof1web.core.records import Tracker
from nof1web.errors import N_, InvalidInput, Nof1Error, Text
from nof1web.services import addresses, trackers
from nof1web.services.addresses import Looking
from nof1web.services.following import announce
from nof1web.services.ports import Ports

_NONE = N_("Switch on at least one credential.")


@dataclass(frozen=True, slots=True)
class Part:
    """One credential's row of the form: whether it takes part, and what is set for it alone, as text by name."""

    credential_id: str
    on: bool
    settings: Mapping[str, str] = field(default_factory=dict)


def add(
    p: Ports, user_id: str, parts: Sequence[Part], *, source: str, agent: str, shared: Mapping[str, str]
) -> tuple[Tracker, ...]:
    """Add and start a tracker for every credential that takes part; a part's settings win over the shared ones.

    InvalidInput names every wrong field as `<credential id>.<setting>` (`<credential id>` for what belongs to none);
    nothing is written then.
    """
    chosen = [part for part in parts if part.on]
    if not chosen:
        raise InvalidInput(_NONE, fields={"credentials": Text(_NONE)})
    if source == leaders.SOURCE:
        # Looked up before the database is locked: the source may take its time.
        agent = addresses.add(cast(Looking, p), agent)
    try:
        with p.tenants(user_id) as store, store.transaction(durable=True):
            return _all_or_nothing(p, user_id, chosen, source=source, agent=agent, shared=shared)
    finally:
        # What was told meanwhile may have been taken back, and a cycle may have looked before it was written.
        for part in chosen:
            _tell(p, user_id, part.credential_id)


def _all_or_nothing(
    p: Ports, user_id: str, parts: Sequence[Part], *, source: str, agent: str, shared: Mapping[str, str]
) -> tuple[Tracker, ...]:
    made: list[Tracker] = []
    wrong: dict[str, Text] = {}
    for part in parts:
        settings = {**shared, **{name: text for name, text in part.settings.items() if text.strip()}}
        try:
            made.append(
                trackers.add(
                    p, user_id, credential=part.credential_id, source=source, agent=agent, settings=settings
                )
            )
        except InvalidInput as error:
            wrong |= {f"{part.credential_id}.{name}": text for name, text in error.fields.items()}
            if not error.fields:
                wrong[part.credential_id] = error.text
        except Nof1Error as error:
            wrong[part.credential_id] = error.text
    if wrong:
        first = next(iter(wrong.values()))
        raise InvalidInput(first.template, fields=wrong, **first.numbers)
    return tuple(made)


def _tell(p: Ports, user_id: str, credential_id: str) -> None:
    with p.tenants(user_id) as store:
        known = store.credentials.get(credential_id) is not None
    if known:
        announce(p, user_id, credential_id)
