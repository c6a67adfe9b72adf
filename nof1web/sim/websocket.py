"""One open user-data websocket: frames, pings and the limits on what a client sends (binance.md §1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import SHUT_RDWR, SO_SNDBUF, SOL_SOCKET
from time import monotonic
from typing import Any

import gevent
from gevent.event import Event
from wsproto.connection import Connection, ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from nof1web.sim.stream import CUT, GOODBYE, Subscriber

PING_SECONDS = 180.0
PONG_SECONDS = 600.0
MESSAGES_PER_SECOND = 10
PINGS_PER_SECOND = 5
LARGEST_MESSAGE = 65_536
MOST_REPLIES = 100
PARTING_SECONDS = 5.0
# What the system may keep for a client that reads too slowly, besides the subscriber's own queue.
SEND_BUFFER = 65_536


@dataclass(slots=True, eq=False)
class Session:
    """One open connection: this greenlet reads it, another of its own writes it, so a slow client blocks only that."""

    socket: Any
    connection: Connection
    subscriber: Subscriber
    obey: Callable[[str], str]
    news: Event = field(default_factory=Event)
    replies: deque[bytes] = field(default_factory=deque)
    said: str = ""
    heard: deque[float] = field(default_factory=lambda: deque(maxlen=MESSAGES_PER_SECOND))
    pinged: deque[float] = field(default_factory=lambda: deque(maxlen=PINGS_PER_SECOND))
    pong_at: float = field(default_factory=monotonic)
    reason: CloseReason = CloseReason.GOING_AWAY

    def run(self, greeting: bytes) -> None:
        """Serve until either side ends it."""
        self.socket.setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)
        self.replies.append(greeting)
        self.news.set()
        self.subscriber.wake = self._wake
        writer = gevent.spawn(self._write_until_the_end)
        try:
            self._read_until_the_end()
        except OSError:
            # The other side is gone, which ends the connection as well as a goodbye does.
            return
        finally:
            writer.kill()

    def _wake(self) -> None:
        if self.subscriber.ending == CUT:
            self._cut()
        self.news.set()

    def _cut(self) -> None:
        try:
            self.socket.shutdown(SHUT_RDWR)
        except OSError:
            return

    def _read_until_the_end(self) -> None:
        while data := self.socket.recv(4096):
            try:
                self.connection.receive_data(data)
                for event in self.connection.events():
                    self._take(event)
            except LocalProtocolError:
                # It said goodbye while this was still on its way here.
                continue
            except RemoteProtocolError:
                self._part(CloseReason.PROTOCOL_ERROR)

    def _take(self, event: object) -> None:
        match event:
            case TextMessage():
                self.said += event.data
                if len(self.said) > LARGEST_MESSAGE:
                    self.said = ""
                    self._part(CloseReason.MESSAGE_TOO_BIG)
                elif event.message_finished:
                    text, self.said = self.said, ""
                    self._hear(text)
            case BytesMessage():
                self._part(CloseReason.UNSUPPORTED_DATA)
            case Ping():
                if _too_many(self.pinged):
                    self._part(CloseReason.POLICY_VIOLATION)
                else:
                    self._reply(event.response())
            case Pong():
                self.pong_at = monotonic()
            case CloseConnection():
                # After a goodbye of its own this is the answer, which ends it.
                if self.connection.state is ConnectionState.REMOTE_CLOSING:
                    self._reply(event.response())
                self._part(CloseReason.NORMAL_CLOSURE)

    def _hear(self, text: str) -> None:
        if _too_many(self.heard):
            self._part(CloseReason.POLICY_VIOLATION)
        elif not self.subscriber.ending:
            self._reply(TextMessage(self.obey(text)))

    def _reply(self, event: TextMessage | Pong | CloseConnection) -> None:
        if len(self.replies) >= MOST_REPLIES:
            self.subscriber.finish(CUT)
            return
        self.replies.append(self.connection.send(event))
        self.news.set()

    def _part(self, reason: CloseReason) -> None:
        if not self.subscriber.ending:
            self.reason = reason
            self.subscriber.finish(GOODBYE)

    def _write_until_the_end(self) -> None:
        try:
            self._write()
        except (OSError, LocalProtocolError):
            # Gone, or it said goodbye while something was still on its way.
            self._cut()

    def _write(self) -> None:
        ping_at = monotonic() + PING_SECONDS
        while self.subscriber.ending != CUT:
            self._flush()
            if self.subscriber.ending:
                self._say_goodbye()
                return
            now = monotonic()
            if now >= self.pong_at + PONG_SECONDS:
                self._part(CloseReason.POLICY_VIOLATION)
                continue
            if now >= ping_at:
                ping_at = now + PING_SECONDS
                self.socket.sendall(self.connection.send(Ping()))
            self.news.wait(max(0.0, min(ping_at, self.pong_at + PONG_SECONDS) - now))
        self._cut()

    def _flush(self) -> None:
        self.news.clear()
        waiting, replies = self.subscriber.waiting, self.replies
        while replies or waiting:
            self.socket.sendall(replies.popleft() if replies else self.connection.send(TextMessage(waiting.popleft())))

    def _say_goodbye(self) -> None:
        if self.connection.state is ConnectionState.OPEN:
            self.socket.sendall(self.connection.send(CloseConnection(self.reason)))
            gevent.sleep(PARTING_SECONDS)
        self._cut()


def _too_many(times: deque[float]) -> bool:
    """Note one more; whether as many as the deque holds came within the last second already."""
    now = monotonic()
    crowded = len(times) == times.maxlen and now - times[0] < 1
    times.append(now)
    return crowded
