"""Profiles fill in what isn't typed, from a file that only its owner reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import ANNA, Console

RC = '[profile.anna]\nuser = "anna@example.org"\ncredential = "Main"\ndefaults = {max_leverage = 7, sides = "long"}\n'


@pytest.fixture
def rc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".nof1rc"
    path.write_text(RC)
    path.chmod(0o600)
    return path


def test_a_profile_names_user_credential_and_defaults(console: Console, rc: Path):
    console.add_credential()
    assert console.json("credential", "list", "--profile", "anna")[0]["name"] == "Main"
    typed = ("--source", "nof1", "--agent", "alpha", "--set", "sides=both")
    added = console.json("--profile", "anna", "tracker", "add", *typed)
    assert (added["settings"]["max_leverage"], added["settings"]["sides"]) == ("7", "both")
    several = ("--profile", "anna", "tracker", "follow-several", "--credential", "Main", "--source", "nof1")
    (followed,) = console.json(*several, "--agent", "alpha", "--mode", "trade")
    assert (followed["settings"]["max_leverage"], followed["mode"]) == ("7", "trade")


def test_the_file_of_this_folder_comes_before_the_one_at_home(
    console: Console, rc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    there = home / ".nof1rc"
    there.write_text('[profile.anna]\nuser = "ben@example.org"\n[profile.ben]\nuser = "ben@example.org"\n')
    there.chmod(0o600)
    console.add_credential()
    assert len(console.json("credential", "list", "--profile", "anna")) == 1
    assert "ben@example.org" in console.error("credential", "list", "--profile", "ben")["message"]
    there.chmod(0o640)
    assert console.error("credential", "list", "--profile", "ben")["code"] == "config"


def test_a_file_that_is_no_toml_says_where(console: Console, rc: Path):
    rc.write_text("[profile.anna\nuser")
    error = console.error("credential", "list", "--profile", "anna")
    assert error["code"] == "config" and str(rc) in error["message"]


def test_what_is_typed_counts_before_the_profile(console: Console, rc: Path):
    assert console.error("credential", "list", "--profile", "anna", "--user", "bob@example.org")["code"] == "not_found"


def test_a_profile_that_others_can_read_is_refused(console: Console, rc: Path):
    rc.chmod(0o644)
    error = console.error("credential", "list", "--profile", "anna")
    assert error["code"] == "config" and "chmod 600" in error["message"]


def test_an_unknown_profile_says_how_to_write_one(console: Console, rc: Path):
    assert "[profile.ben]" in console.error("credential", "list", "--profile", "ben")["message"]


def test_a_profile_names_what_is_paused_unless_something_else_is(console: Console, rc: Path):
    console.add_credential()
    console.add_credential("Second")
    console.add_tracker("--name", "T")
    console.json("start", *ANNA, "--all-credentials")
    mine = ("--profile", "anna")
    assert (console.json("pause", *mine)["name"], console.json("resume", *mine)["state"]) == ("Main", "running")
    assert console.json("pause", *mine, "--tracker", "T")["state"] == "paused"
    assert len(console.json("pause", *mine, "--all-credentials")["done"]) == 2
    assert console.json("halt", *mine) == {"scope": "user", "halted": True}
    assert console.json("halt", "--site", *mine)["scope"] == "site"
