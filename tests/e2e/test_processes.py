"""The processes of an installation: who listens where, what they leave behind, what they never write down."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.deployment import EMAIL, ROOT, Deployment, environment, eventually, running
from tests.e2e.forked import flask

LISTENS = "0A"
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def alive(pids: set[int]) -> set[int]:
    """Return which of these processes still run (a zombie doesn't)."""
    found = set()
    for pid in pids:
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":
            found.add(pid)
    return found


def sockets(pids: set[int], *tables: str) -> list[list[str]]:
    """Return the kernel's rows of these processes' sockets: 1 local address, 2 remote address, 3 state, 9 inode."""
    inodes = set()
    for link in (link for pid in pids for link in Path(f"/proc/{pid}/fd").glob("*")):
        with suppress(FileNotFoundError):
            inodes |= set(re.findall(r"socket:\[(\d+)\]", os.readlink(link)))
    rows = [line.split() for table in tables for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    return [row for row in rows if row[9] in inodes]


def test_every_listener_is_on_loopback(deployment: Deployment) -> None:
    rows = sockets(set(deployment.children()), "tcp", "tcp6")
    assert {row[1].split(":")[0] for row in rows if row[3] == LISTENS} == {"0100007F"}


def test_no_socket_of_the_demo_is_connected_to_another_machine(deployment: Deployment) -> None:
    before, remotes = deployment.exchange.log()[-1]["n"], set()
    while deployment.exchange.log()[-1]["n"] < before + 5:
        rows = sockets(set(deployment.children()), "tcp", "tcp6", "udp", "udp6")
        remotes |= {row[2].split(":")[0] for row in rows if row[3] != LISTENS}
    # A server that waits for datagrams has no remote address; loopback is 127.* or ::1, each word's bytes reversed.
    away = {address for address in remotes if not re.fullmatch("0{8}|0{32}|[0-9A-F]{6}7F|0{24}01000000", address)}
    assert "0100007F" in remotes and away == set()


def test_each_child_runs_its_documented_command(deployment: Deployment) -> None:
    commands = "\n".join(deployment.children().values())
    for documented in ("flask nof1 worker", "flask nof1 scheduler", "flask nof1 sim", "gunicorn -k gevent"):
        assert documented in commands


def test_a_typed_secret_is_nowhere_in_clear(deployment: Deployment) -> None:
    person, key = deployment.person(), deployment.new_key()
    answer = person.post(
        "/credentials", "/credentials",
        name="Canary", environment="testnet", api_key=key["api_key"], api_secret=key["api_secret"],
    )  # fmt: skip
    draft = answer.url.replace(deployment.url, "")
    eventually(lambda: "The key works" in person.get(draft), of="the test's answer")
    deployment.flask("credential", "test", "--user", EMAIL, "--credential", "Canary")
    secret = key["api_secret"].encode()
    folder = Path(deployment.env["NOF1_TENANTS_DIR"])
    # The built-in exchange is the other side of the wire: it has to know its own keys.
    ours = (path for path in folder.rglob("*") if "exchange" not in path.relative_to(folder).parts)
    written = [path for path in ours if path.is_file()]
    assert any(path.name.endswith(".db") for path in written)
    assert [str(path) for path in [*written, deployment.log] if secret in path.read_bytes()] == []


def test_the_web_process_has_no_master_key(tmp_path: Path) -> None:
    with running(tmp_path, NOF1_MASTER_KEY="1:" + b64encode(os.urandom(32)).decode()) as started:
        web = [pid for pid, args in started.children().items() if "gunicorn" in args]
        workers = [pid for pid, args in started.children().items() if args.endswith("flask nof1 worker")]
        assert web and all(b"NOF1_MASTER" not in Path(f"/proc/{pid}/environ").read_bytes() for pid in web)
        assert workers and all(b"NOF1_MASTER" in Path(f"/proc/{pid}/environ").read_bytes() for pid in workers)
        pids = {*started.children(), started.process.pid}
        assert "is already in use" in _second_up(started)
    assert alive(pids) == set(), "SIGTERM ends all"


def test_kill_9_of_the_parent_leaves_no_orphan(tmp_path: Path) -> None:
    with running(tmp_path) as started:
        eventually(lambda: len(started.children()) > 9, seconds=20, of="everything running")
        pids = set(started.children())
        os.kill(started.process.pid, signal.SIGKILL)
        eventually(lambda: not alive(pids), seconds=30, of="all children gone")


def _second_up(started: Deployment) -> str:
    command = [sys.executable, "-m", "flask", "nof1", "up"]
    done = subprocess.run(command, env=started.env, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1
    return done.stderr


def test_a_command_in_an_empty_installation_is_one_sentence(tmp_path: Path) -> None:
    done = flask("start", "--user", EMAIL, "--credential", "Momentum", env=environment(tmp_path))
    assert done.returncode == 1 and "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1
