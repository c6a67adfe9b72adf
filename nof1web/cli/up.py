"""`flask nof1 up`: every process of one machine, each started by its documented command."""

from __future__ import annotations

import errno
import fcntl
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from nof1web import log, wiring
from nof1web.config import ROOT, Config, env_for_children, private_folder, usable
from nof1web.errors import N_, ConfigError, Transient, Unavailable
from nof1web.jobs import server
from nof1web.jobs.patient import Patience
from nof1web.jobs.supervising import Child, Supervisor

TAKEN = N_("Port %(port)s is already in use. Stop the other program or set %(name)s to a free one.")
NO_RIGHT = N_("Port %(port)s needs more rights than this user has. Set %(name)s to a number above 1023.")
NO_ADDRESS = N_("This machine has no address %(address)s. Set NOF1_BIND to one it has, such as 127.0.0.1.")
ENDING = ("scheduler", "worker"), ("web", "sim"), ("redis",)
"""who is ended together, first to last: those who work need the exchange, everybody needs Redis"""


def run_up(config: Config, *, prepare: Callable[[], None], announce: Callable[[], None]) -> int:
    """Keep everything running until SIGTERM or SIGINT; return the exit code.

    `prepare` seeds the demo, once Redis and the built-in exchange answer and before anything trades; it is called in
    demo mode only and again after an Unavailable. `announce` is called when pages answer. Raises ConfigError for a
    taken port, a missing or wrong master key, or a data folder that is in use, unusable or the other mode's.
    """
    log.configure(config.log_format)
    w = wiring.ports(config)
    _ = w.vault
    check_port(config.bind, config.port, "PORT")
    if config.demo:
        check_port("127.0.0.1", config.sim_port, "NOF1_SIM_PORT")
    with alone(config) as lock:
        w.require_key()
        supervisor = Supervisor(config.log_format)
        supervisor.listen()
        try:
            _run(config, supervisor, prepare, announce)
            supervisor.hand_over(str(ROOT), ENDING, lock)
            supervisor.wait(lambda: False)
        finally:
            for names in ENDING:
                supervisor.stop(names)
    return 0


_ONE_HEAP = {"MALLOC_ARENA_MAX": "1"}
"""for glibc: only one of a worker's threads computes at a time, so a heap for each would only lie about"""


def children(config: Config) -> dict[str, Child]:
    """Return every child by name, in the order in which they start; the web's environment opens no secret."""
    seen, blind = env_for_children(config, master=True), env_for_children(config, master=False)
    flask = (sys.executable, "-m", "flask", "nof1")
    made = [Child("web", web_command(config), blind, str(ROOT), stop_seconds=10)]
    redis = server.command(config)
    if redis is not None:
        made.append(Child("redis", tuple(redis), blind, str(ROOT), last_signal=signal.SIGTERM, stop_seconds=20))
    if config.demo:
        made.append(Child("sim", (*flask, "sim"), blind, str(ROOT)))
    made.append(Child("worker", (*flask, "worker"), _ONE_HEAP | seen, str(ROOT), stop_seconds=32))
    made.append(Child("scheduler", (*flask, "scheduler"), seen, str(ROOT), stop_seconds=20))
    return {child.name: child for child in made}


def web_command(config: Config) -> tuple[str, ...]:
    """Return the command line of the web process."""
    host = f"[{config.bind}]" if ":" in config.bind else config.bind
    return (
        sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", str(config.web_concurrency),
        "--worker-connections", "5000", "--bind", f"{host}:{config.port}", "--graceful-timeout", "5",
        "--no-control-socket", "--log-level", "warning", "wsgi:app",
    )  # fmt: skip


def check_port(address: str, port: int, name: str) -> None:
    """Raise ConfigError in one sentence when this process can't listen there; `name` is the variable to change."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError as error:
            raise ConfigError(NO_RIGHT, port=port, name=name) from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConfigError(TAKEN, port=port, name=name) from error
            raise ConfigError(NO_ADDRESS, address=address) from error


@contextmanager
def alone(config: Config) -> Iterator[int]:
    """Hold the data folder for this `up`; ConfigError when another one does. The kernel lets go when we die.

    Gives the file whose lock it is.
    """
    folder = private_folder(config.server_dir)
    with usable(folder):
        lock = (folder / "up.lock").open("w")
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                N_("Another `flask nof1 up` is running with the folder %(folder)s. Stop it or set NOF1_TENANTS_DIR."),
                folder=str(config.tenants_dir),
            ) from error
        yield file.fileno()


def _run(config: Config, supervisor: Supervisor, prepare: Callable[[], None], announce: Callable[[], None]) -> None:
    made = children(config)
    supervisor.keep(made["web"])
    # A server that outlived a killed `up` for a moment still has its files open.
    if "redis" in made and supervisor.wait(lambda: not server.answers(config)):
        supervisor.keep(made["redis"])
    if "sim" in made:
        supervisor.keep(made["sim"])
    ready = partial(_ready, config)
    patience = Patience()
    if not supervisor.wait(ready) or not supervisor.wait(lambda: patience.attempt(lambda: wiring.ports().install())):
        return
    if config.demo and not supervisor.wait(lambda: _prepared(prepare, patience)):
        return
    supervisor.keep(made["worker"])
    supervisor.keep(made["scheduler"])
    if supervisor.wait(lambda: _accepts(config.bind, config.port)):
        announce()


def _ready(config: Config) -> bool:
    return server.answers(config) and (not config.demo or _accepts("127.0.0.1", config.sim_port))


def _prepared(prepare: Callable[[], None], patience: Patience) -> bool:
    try:
        return patience.attempt(prepare)
    except (Unavailable, Transient) as error:
        log.get(__name__).warning("the demo can't be prepared yet", error=str(error))
        return False


def _accepts(address: str, port: int) -> bool:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    try:
        socket.create_connection((reachable, port), timeout=1).close()
    except OSError:
        return False
    return True
