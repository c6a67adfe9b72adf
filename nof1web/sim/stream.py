"""Who listens to which account: listen keys, one subscriber per connection, and what each is told (binance.md §1)."""

from __future__ import annotations

import json
import secrets
import string
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from nof1web.sim.engine import Exchange
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.render_stream import expired_key, messages

KEY_MS = 3_600_000
LIFE_MS = 86_400_000
QUEUE_LENGTH = 2_000
# How a connection ends: told so, with everything it waited for; or at once, without a word.
GOODBYE, CUT = "goodbye", "cut"
_ALPHABET = string.ascii_letters + string.digits

Events = frozenset[str] | None


@dataclass(slots=True)
class ListenKey:
    """What opens an account's stream, until `expires_ms`."""

    value: str
    account_id: str
    expires_ms: int


@dataclass(slots=True, eq=False)
class Subscriber:
    """One connection: the names it follows with the events it wants of each (None: all), and what it has to be sent.

    `wake` is called after each change of `waiting` and when `ending` is set; it must not block.
    """

    opened_ms: int
    combined: bool = False
    wake: Callable[[], None] = lambda: None
    names: dict[str, Events] = field(default_factory=dict)
    waiting: deque[str] = field(default_factory=deque)
    ending: str = ""

    def put(self, key: str, event: str, text: str) -> None:
        """Queue an event if it is wanted; whoever lets too many wait is cut off, so that nobody waits for him."""
        wanted = self.names.get(key)
        if self.ending or (wanted is not None and event not in wanted):
            return
        if len(self.waiting) >= QUEUE_LENGTH:
            self.waiting.clear()
            self.finish(CUT)
            return
        self.waiting.append(f'{{"stream":"{key}","data":{text}}}' if self.combined else text)
        self.wake()

    def finish(self, how: str) -> None:
        """Let the connection end: GOODBYE or CUT."""
        if self.ending != CUT:
            self.ending = how
        self.wake()

    def take(self) -> list[Json]:
        """Everything that waits, for those who listen inside the process."""
        texts, self.waiting = list(self.waiting), deque()
        return [json.loads(text) for text in texts]


@dataclass(slots=True)
class Streams:
    """All listen keys and subscribers of one exchange; kept in memory only, as after a real outage (-1125).

    Events of an account are taken from the ledger after each request and each step of the market, before the answer
    leaves: on the wire they may come before it or after it, in their own order always. An account nobody listens to
    costs nothing.
    """

    exchange: Exchange
    keys: dict[str, ListenKey] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    followers: dict[str, list[Subscriber]] = field(default_factory=dict)
    present: set[Subscriber] = field(default_factory=set)
    muted: dict[str, int] = field(default_factory=dict)

    def open_key(self, account_id: str, *, now_ms: int) -> str:
        """The account's listen key, new or the one it has, good for another hour."""
        key = self._key(account_id, now_ms)
        if key is None:
            value = "".join(secrets.choice(_ALPHABET) for _ in range(64))
            key = self.keys[account_id] = ListenKey(value, account_id, 0)
            self.owners[value] = account_id
        key.expires_ms = now_ms + KEY_MS
        return key.value

    def extend_key(self, account_id: str, *, now_ms: int) -> str:
        """The account's listen key, good for another hour; raises -1125 when there is none."""
        self._known(account_id, now_ms)
        return self.open_key(account_id, now_ms=now_ms)

    def close_key(self, account_id: str, *, now_ms: int) -> None:
        """End the account's listen key and whoever listens with it; raises -1125 when there is none."""
        self._end_key(self._known(account_id, now_ms), now_ms)

    def follow(self, subscriber: Subscriber, key: str, events: Events, *, now_ms: int) -> None:
        """Let a subscriber hear of a listen key's account; raises -1125 for a key that is unknown or expired."""
        account_id = self.owners.get(key, "")
        self._known(account_id, now_ms)
        listening = self.followers.setdefault(account_id, [])
        if subscriber not in listening:
            listening.append(subscriber)
        subscriber.names[key] = events
        self.present.add(subscriber)
        self.exchange.ledger.watched.add(account_id)

    def unfollow(self, subscriber: Subscriber, name: str) -> None:
        """Let a subscriber hear no more of a name."""
        subscriber.names.pop(name, None)
        account_id = self.owners.get(name, "")
        left = [each for each in self.followers.pop(account_id, []) if each is not subscriber]
        if left:
            self.followers[account_id] = left
        else:
            self.exchange.ledger.watched.discard(account_id)

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a subscriber whose connection is gone."""
        for name in list(subscriber.names):
            self.unfollow(subscriber, name)
        self.present.discard(subscriber)

    def deliver(self) -> None:
        """Queue what happened since the last call with whoever listens; what came after a key's hour isn't heard."""
        if not self.exchange.ledger.events:
            return
        instruments = self.exchange.market.instruments
        for event in self.exchange.ledger.take_events():
            key = self._key(event.account_id, event.at_ms)
            if key is None or event.at_ms < self.muted.get(event.account_id, 0):
                continue
            for payload in messages(event, instruments):
                self._tell(key, payload)

    def age(self, now_ms: int) -> None:
        """End the listen keys that expired and the connections that are a day old, after what they still had to hear.

        However far the time goes at once, everything is told in its order.
        """
        self.deliver()
        for account_id in list(self.keys):
            self._key(account_id, now_ms)
        for subscriber in self.present:
            if subscriber.opened_ms + LIFE_MS <= now_ms:
                subscriber.finish(GOODBYE)

    def drop(self, account_id: str) -> int:
        """Cut every connection of an account without a word, as a bad network does; how many there were."""
        cut = list(self.followers.get(account_id, ()))
        for subscriber in cut:
            subscriber.finish(CUT)
        return len(cut)

    def mute(self, account_id: str, *, until_ms: int) -> None:
        """Lose an account's events until then: a client must not rely on the stream alone."""
        self.muted[account_id] = until_ms

    def stop(self) -> None:
        """Say goodbye to every connection."""
        for subscriber in self.present:
            subscriber.finish(GOODBYE)

    def _key(self, account_id: str, now_ms: int) -> ListenKey | None:
        key = self.keys.get(account_id)
        if key is not None and key.expires_ms <= now_ms:
            self._end_key(key, key.expires_ms)
            return None
        return key

    def _known(self, account_id: str, now_ms: int) -> ListenKey:
        key = self._key(account_id, now_ms)
        if key is None:
            raise Refusal(-1125)
        return key

    def _end_key(self, key: ListenKey, now_ms: int) -> None:
        self._tell(key, expired_key(key.value, now_ms))
        for subscriber in list(self.followers.get(key.account_id, ())):
            self.unfollow(subscriber, key.value)
            if not any(name in self.owners for name in subscriber.names):
                subscriber.finish(GOODBYE)
        del self.keys[key.account_id], self.owners[key.value]

    def _tell(self, key: ListenKey, payload: Json) -> None:
        text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        for subscriber in self.followers.get(key.account_id, ()):
            subscriber.put(key.value, payload["e"], text)
