"""The serving loop: a WSGI server on a loopback port, a stepper once a second, a clean end on SIGTERM."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from socket import IPPROTO_TCP, SHUT_RDWR, TCP_NODELAY
from typing import Any

import gevent
from gevent.event import Event
from gevent.pywsgi import WSGIHandler, WSGIServer

from nof1web.sim.clock import wall_ms
from nof1web.sim.http import create_app
from nof1web.sim.state import open_state
from nof1web.sim.stream_server import StreamServer
from nof1web.sim.world import World, make_world

STEP_SECONDS = 1.0
TICKS = 20
LOG_BYTES = 5_000_000


class _Handler(WSGIHandler):  # type: ignore[misc]
    """Answers at once, and lets the app cut a connection without an answer, which is what some tests ask for."""

    def handle(self) -> None:
        """Serve one connection."""
        # Head and body go out in two writes: without this every answer waits 40 ms for the client's ACK.
        self.socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        super().handle()

    def get_environ(self) -> dict[str, Any]:
        """The WSGI environment with the connection's socket and its cutter."""
        environ: dict[str, Any] = super().get_environ()
        environ["sim.socket"] = self.socket
        environ["sim.cut_connection"] = self._cut
        return environ

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.socket.shutdown(SHUT_RDWR)


class _PrivateLog(RotatingFileHandler):
    """A log that only its owner may read."""

    def _open(self) -> TextIOWrapper:
        lines = super()._open()
        os.fchmod(lines.fileno(), 0o600)
        return lines


def serve(
    *,
    host: str,
    port: int,
    state_dir: Path | str,
    seed: int = 1,
    replay: Path | str | Sequence[Path | str] | None = None,
    speed: Decimal = Decimal(1),
    log_requests: bool = True,
    weight_limit: int = 6000,
    announce: Callable[[str], None] | None = None,
    virtual: bool = False,
    start_ms: int | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then save and return; raises OSError for a taken port, StateError, ValueError.

    `announce` is told the address once it answers; without it one line of JSON on stdout tells it.
    Each request is a line of JSON in `<state_dir>/requests.log`, which never grows beyond some megabytes.
    `speed` is a replay's. A virtual clock stands at `start_ms` (now when None), or where an earlier run left it, until
    POST /sim/clock moves it.
    """
    store = open_state(Path(state_dir))
    first_ms = wall_ms() if start_ms is None else start_ms
    world = make_world(seed=seed, now_ms=first_ms, store=store, replay=_paths(replay), speed=speed, virtual=virtual)
    world.limits.weight = weight_limit
    emit = _request_log(Path(state_dir)) if log_requests else None
    app = create_app(world, sleep=gevent.sleep, emit=emit)
    streamed = StreamServer(app, world.streams, world.clock)
    server = WSGIServer((host, port), streamed, handler_class=_Handler, log=None, error_log=sys.stderr)
    server.init_socket()
    _run(server, world, announce or _print_address)
    store.close()


def _run(server: WSGIServer, world: World, announce: Callable[[str], None]) -> None:
    """Serve and let time pass until a signal comes, then end cleanly; raises what stopped the market."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    stepper = gevent.spawn(_step_forever, world)
    # A market that no longer moves is worse than none: whoever started this process starts it again.
    stepper.link_exception(lambda _: stop.set())
    server.start()
    announce(f"http://{server.server_host}:{server.server_port}")
    stop.wait()
    world.streams.stop()
    server.stop(timeout=0.5)
    if stepper.exception is not None:
        raise stepper.exception
    stepper.kill()
    if world.clock.virtual:
        world.save(market=True)
    else:
        world.step(world.clock())


def _step_forever(world: World) -> None:
    while True:
        if world.clock.virtual:
            _run_on(world)
        else:
            world.step(world.clock())
            gevent.sleep(STEP_SECONDS - time.time() % STEP_SECONDS)


def _run_on(world: World) -> None:
    """Let a virtual clock run for a real second if it has a speed."""
    for _ in range(TICKS):
        if world.clock.speed:
            world.advance(world.clock.due())
        gevent.sleep(STEP_SECONDS / TICKS)


def _request_log(folder: Path) -> Callable[[dict[str, Any]], None]:
    lines = logging.Logger("requests")
    lines.addHandler(_PrivateLog(folder / "requests.log", maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8"))

    def emit(entry: dict[str, Any]) -> None:
        lines.info(json.dumps(entry, separators=(",", ":")))

    return emit


def _print_address(url: str) -> None:
    entry = {"ts": wall_ms(), "event": "serving", "url": url}
    sys.stdout.write(json.dumps(entry, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def _paths(replay: Path | str | Sequence[Path | str] | None) -> list[Path]:
    if replay is None:
        return []
    if isinstance(replay, (str, Path)):
        return [Path(replay)]
    return [Path(item) for item in replay]
