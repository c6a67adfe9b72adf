"""`flask nof1 up`: what it starts, keeps alive and takes down."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from nof1web import config, wiring
from nof1web.cli.up import ENDING, alone, check_port, children, run_up
from nof1web.errors import ConfigError
from tests.jobs.lease_crew import eventually

DEMO = {"NOF1_MODE": "demo", "PORT": "18765"}
PRODUCTION = {"SECRET_KEY": "signs-cookies-of-tests"}


@pytest.fixture
def keeper():
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.cli.keeper"]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def pids(keeper, count):
    """The next process ids; lines of the log stand between them."""
    found = []
    while len(found) < count:
        line = keeper.stderr.readline().strip()
        if line.isdecimal():
            found.append(int(line))
    return found


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_dead_child_is_started_again(keeper):
    first, _ = pids(keeper, 2)
    os.kill(first, signal.SIGKILL)
    (again,) = pids(keeper, 1)
    assert again != first and running(again)


def test_sigterm_ends_every_child_even_a_stubborn_one(keeper):
    started = pids(keeper, 2)
    keeper.terminate()
    assert keeper.wait(timeout=10) == 0
    assert not any(running(pid) for pid in started)


def test_a_killed_supervisor_leaves_no_child_behind(keeper):
    started = pids(keeper, 2)
    keeper.kill()
    eventually(lambda: not any(running(pid) for pid in started))


@pytest.fixture
def handed(tmp_path):
    """A supervisor that has handed over, and the file whose lock it holds."""
    (tmp_path / "lock").touch()
    command = [sys.executable, "-m", "tests.cli.keeper", "over", str(tmp_path / "lock")]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, tmp_path / "lock"
        finally:
            process.kill()


def locked(path):
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_what_up_becomes_restarts_the_same_children_and_ends_them(handed):
    keeper, _ = handed
    first, second = pids(keeper, 2)
    os.kill(first, signal.SIGKILL)
    (again,) = pids(keeper, 1)
    assert running(again) and running(second)
    keeper.terminate()
    assert keeper.wait(timeout=10) == 0
    assert not any(running(pid) for pid in (again, second))


def test_what_up_becomes_holds_the_lock_and_its_children_do_not(handed):
    keeper, lock = handed
    started = pids(keeper, 2)
    os.kill(started[0], signal.SIGKILL)
    pids(keeper, 1)
    assert locked(lock)
    keeper.kill()
    eventually(lambda: not locked(lock))


def test_a_taken_port_is_one_plain_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError) as refused:
            check_port("127.0.0.1", port, "PORT")
    assert str(refused.value) == f"Port {port} is already in use. Stop the other program or set PORT to a free one."


def test_an_address_of_another_machine_is_one_plain_sentence():
    with pytest.raises(ConfigError, match=r"no address 203\.0\.113\.7"):
        check_port("203.0.113.7", 18765, "PORT")


def test_a_second_up_on_the_same_folder_is_refused(tmp_path):
    made = config.load({**DEMO, "NOF1_TENANTS_DIR": str(tmp_path)})
    with alone(made), pytest.raises(ConfigError, match="Another"), alone(made):
        pass


def test_a_data_folder_that_cannot_be_used_is_one_plain_sentence(tmp_path):
    (tmp_path / "server").write_text("in the way")
    made = config.load({**PRODUCTION, "NOF1_TENANTS_DIR": str(tmp_path)})
    with pytest.raises(ConfigError, match=f"{tmp_path}.*NOF1_TENANTS_DIR"), alone(made):
        pass


def test_production_without_a_master_key_starts_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(wiring, "_built", {})
    made = config.load({**PRODUCTION, "NOF1_TENANTS_DIR": str(tmp_path)})
    with pytest.raises(ConfigError, match="NOF1_MASTER_KEY"):
        run_up(made, prepare=lambda: None, announce=lambda: None)


def test_children_are_the_documented_commands_and_the_web_opens_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("NOF1_MASTER_KEY", "x")
    made = children(config.load({**DEMO, "NOF1_TENANTS_DIR": str(tmp_path)}))
    assert [name for name, child in made.items() if "NOF1_MASTER_KEY" in child.env] == ["worker", "scheduler"]
    for name in ("sim", "worker", "scheduler"):
        assert made[name].command[1:] == ("-m", "flask", "nof1", name)
    assert set(made) == {name for names in ENDING for name in names}


def test_with_a_redis_of_its_own_production_starts_three(tmp_path):
    environ = {**PRODUCTION, "NOF1_TENANTS_DIR": str(tmp_path), "REDIS_URL": "redis://h:1"}
    assert list(children(config.load(environ))) == ["web", "worker", "scheduler"]
