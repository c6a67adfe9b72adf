"""The commands that keep running, and the way in through `flask nof1`."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

import pytest

from nof1web.config import ROOT
from tests.cli.conftest import free_port, wait_until_it_answers


def flask(*args: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    words = (sys.executable, "-m", "flask", "nof1", *args)
    return subprocess.run(words, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_production_without_secrets_is_one_json_document(tmp_path):
    env = {"FLASK_APP": "wsgi.py", "NOF1_MODE": "production", "NOF1_TENANTS_DIR": str(tmp_path)}
    done = flask("status", "--json", env=env)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "config"
    assert "Traceback" not in done.stderr


def test_the_commands_are_found_through_flask(environment):
    done = flask("user", "list", "--json", env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_wrong_usage_through_flask_is_exit_2_in_json(environment):
    done = flask("poll", "--json", env=environment)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "usage"


def test_a_taken_port_is_a_sentence(console):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        error = console.error("sim", "--port", str(port))
    assert error["message"].startswith(f"Port {port} is already in use.")


def test_a_file_that_is_no_recording_is_a_sentence(console, tmp_path):
    (tmp_path / "wrong.json").write_text("{}")
    error = console.error("sim", "--port", str(free_port()), "--replay", str(tmp_path / "wrong.json"))
    assert "is not a recording" in error["message"]


@pytest.mark.parametrize("speed", ["0", "-1", "NaN", "fast"])
def test_a_speed_that_is_no_positive_number_is_wrong_usage(console, speed):
    assert console("sim", "--speed", speed).exit_code == 2


def test_only_a_virtual_clock_can_be_started_somewhere(console):
    assert console("sim", "--start-ms", "1795373087000").exit_code == 2


def test_the_exchange_ends_with_one_document(environment, tmp_path):
    port = free_port()
    words = (sys.executable, "-m", "flask", "nof1", "sim", "--port", str(port), "--json")
    with subprocess.Popen(words, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as sim:
        wait_until_it_answers(f"http://127.0.0.1:{port}/fapi/v1/ping")
        sim.send_signal(signal.SIGTERM)
        out, _ = sim.communicate(timeout=20)
    assert json.loads(out) == {"process": "sim", "stopped": True}
    assert sim.returncode == 0
