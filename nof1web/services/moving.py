"""The same verb for several credentials: each that can't be moved says why, the others are moved."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from nof1web.core.records import Credential
from nof1web.errors import N_, Nof1Error, Unavailable
from nof1web.services import halting
from nof1web.services.ports import Ports

_NO_REDIS = N_("Redis does not answer. Start everything with: flask nof1 up")


@dataclass(frozen=True, slots=True)
class Moved:
    """The credentials that were moved, and those that were not, or not told to the queue, with what was in the way.

    All are as the database has them afterwards: where only the queue could not be told, the credential has moved.
    """

    done: tuple[Credential, ...]
    refused: tuple[tuple[Credential, Nof1Error], ...]


def move(
    p: Ports, user_id: str, credentials: Iterable[Credential], verb: str, *, away: type[Exception]
) -> Moved:
    """Do what a person wants with the state of each of these credentials; `verb` is one of halting.VERBS.

    `away` is what the ports' queue raises when nothing answers it: told as Unavailable, and the next one is moved.
    """
    done, refused = list[Credential](), list[tuple[Credential, Nof1Error]]()
    for each in credentials:
        try:
            done.append(halting.change(p, user_id, each.id, verb))
        except Nof1Error as error:
            refused.append((_now(p, user_id, each), error))
        except away:
            refused.append((_now(p, user_id, each), Unavailable(_NO_REDIS)))
    return Moved(tuple(done), tuple(refused))


def _now(p: Ports, user_id: str, credential: Credential) -> Credential:
    # A damaged database can't say; then nothing was changed either.
    with suppress(Unavailable), p.tenants(user_id) as store:
        return store.credentials.get(credential.id) or credential
    return credential
