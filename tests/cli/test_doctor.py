"""`doctor` finds what is wrong, says what to do, and ends with 1 when something must be done."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from nof1web import wiring
from nof1web.cli import checks
from tests.cli.conftest import Console


def looked(console: Console) -> tuple[int, dict[str, Any]]:
    result = console("doctor", "--json")
    return result.exit_code, {each["name"]: each for each in json.loads(result.stdout)["checks"]}


def test_everything_is_looked_at_and_every_fault_says_what_to_do(console: Console):
    console.add_credential()
    code, found = looked(console)
    assert {
        *("disk", "file modes", "master key", "redis", "redis persistence", "redis eviction", "workers", "scheduler"),
        *("host testnet", "host nof1", "host hyperliquid", "clock of testnet", "egress address", "migrations"),
    } <= found.keys() and any(name.startswith("key anna@example.org / Main") for name in found)
    faults = {name for name, each in found.items() if each["good"] is False}
    assert (code, faults) == (1, {"workers", "scheduler"})
    assert all(bool(each["todo"]) == (each["good"] is not True) for each in found.values())


def test_a_file_that_others_can_read_is_found(console: Console, tenants_dir: Path):
    (tenants_dir / "registry.db").chmod(0o644)
    assert "chmod -R go-rwx" in looked(console)[1]["file modes"]["todo"]


def test_a_file_that_goes_while_it_is_looked_at_is_no_fault(console: Console, tenants_dir: Path):
    (tenants_dir / "registry.db-gone").symlink_to(tenants_dir / "nothing")
    assert looked(console)[1]["file modes"]["good"] is True


def test_a_wrong_master_key_is_found_and_locks_nobody(console: Console, monkeypatch: pytest.MonkeyPatch):
    console.add_credential()
    wiring.ports().install()
    monkeypatch.setenv("NOF1_MASTER_KEY", base64.b64encode(secrets.token_bytes(32)).decode())
    monkeypatch.setattr(wiring, "_built", {})
    assert looked(console)[1]["master key"]["good"] is False
    assert console.json("credential", "list", "--user", "anna@example.org")[0]["state"] == "stopped"


def test_a_host_that_doesnt_answer_and_a_clock_that_is_off_are_found(
    console: Console, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checks, "LATE", timedelta(seconds=-1))
    assert "timedatectl" in looked(console)[1]["clock of testnet"]["todo"]

    def refused(*_args: object, **_options: object) -> None:
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "get", refused)
    assert "Allow this machine to reach" in looked(console)[1]["host testnet"]["todo"]


def test_a_full_disk_is_found(console: Console, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checks, "LEAST_DISK", 2**80)
    assert looked(console)[1]["disk"] | {"found": ""} == {
        "name": "disk", "good": False, "found": "", "todo": "Free at least 1 GB there.",
    }  # fmt: skip


def test_every_source_is_looked_for_through_the_proxy_it_is_read_through(
    console: Console, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NOF1_FEED_PROXY", "http://127.0.0.1:9")
    monkeypatch.setattr(wiring, "_built", {})
    through = dict[str, str | None]()
    monkeypatch.setattr(checks, "_host", lambda name, _url, *, proxy: through.update({name: proxy}) or iter(()))
    looked(console)
    assert through["nof1"] == through["hyperliquid"] == "http://127.0.0.1:9" and through["testnet"] is None
