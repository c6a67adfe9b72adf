"""`credential rotate|remove|arm|proxy|key`, `rotate-key` and `user …`: what becomes of keys and users."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
import requests

from nof1web import wiring
from tests.cli.conftest import ANNA, MAIN

ADD = ("credential", "add", *ANNA, "--name", "Away", "--env", "testnet", "--api-key", "k" * 64)


def test_a_key_of_another_account_is_not_taken(console):
    console.add_credential()
    key, secret = console.key()
    error = console.error("credential", "rotate", *MAIN, "--api-key", key, "--api-secret-stdin", typed=secret)
    assert error["code"] == "refused" and "another exchange account than Main" in error["message"]
    assert console.json("credential", "key", *MAIN)["past"] == []


def test_a_key_shows_its_points_and_no_more_than_eight_of_its_letters(console):
    key, secret = console.key()
    add = ("credential", "add", *ANNA, "--name", "Main", "--env", "testnet", "--label", "sub", "--api-secret-stdin")
    console.json(*add, "--api-key", key, typed=secret)
    shown = console.json("credential", "key", *MAIN)
    assert shown["api_key"] == f"{key[:4]}…{key[-4:]}" and (shown["score"], shown["of"]) == (1, 1)
    assert [point["name"] for point in shown["points"]] == ["age", "addresses", "permissions"]


def test_removing_needs_the_name_and_keeps_the_rest(console):
    console.add_credential()
    console.add_credential("Other")
    assert console.error("credential", "remove", *MAIN, "--name", "main")["code"] == "invalid_input"
    assert console.json("credential", "remove", *MAIN, "--name", "Main")["removed"] is True
    assert [row["name"] for row in console.json("credential", "list", *ANNA)] == ["Other"]


def test_a_test_credential_cannot_be_armed(console):
    console.add_credential()
    assert "no live credential" in console.error("credential", "arm", *MAIN, "--name", "Main")["message"]


def test_a_proxys_password_is_never_shown(console):
    console.add_credential()
    url = "socks5h://anna@127.0.0.1:9"
    shown = console("credential", "proxy", *MAIN, url, "--password-stdin", "--json", typed="hidden-word\n").output
    assert url in shown and "hidden-word" not in shown
    assert console.json("credential", "proxy", *MAIN)["proxy"] == ""


@pytest.mark.parametrize("url", [(), ("http://127.0.0.1:9",)])
def test_a_password_without_a_proxy_or_a_user_is_wrong_usage_and_changes_nothing(console, url):
    console.add_credential()
    console.json("credential", "proxy", *MAIN, "http://127.0.0.1:8")
    done = console("credential", "proxy", *MAIN, *url, "--password-stdin", "--json", typed="hidden-word\n")
    assert done.exit_code == 2 and "http://user@host:port" in done.stdout
    with wiring.ports().tenants(console.json("user", "list")[0]["user_id"]) as store:
        assert store.keys.facts(store.credentials.all()[0].id).proxy == "http://127.0.0.1:8"


@pytest.mark.parametrize(
    "words",
    [
        ("credential", "proxy", *MAIN, "http://ann:hidden-word@127.0.0.1:9"),
        ("credential", "pair", *ANNA, "--name", "P", "--env", "testnet", "--proxy", "http://ann:hidden-word@127.0.0.1:9"),
        (*ADD, "--api-secret-stdin", "--proxy", "http://ann:hidden-word@127.0.0.1:9"),
    ],
)
def test_a_proxys_password_on_the_command_line_is_wrong_usage(console, words):
    console.add_credential()
    done = console(*words, "--json", typed="secret\n")
    assert done.exit_code == 2 and "password-stdin" in done.stdout and "hidden-word" not in done.output


def test_a_key_is_tested_through_its_proxy_whose_password_is_the_second_line(console):
    away = ("--proxy", "http://ann@127.0.0.1:9", "--proxy-password-stdin")
    error = console.error(*ADD, "--api-secret-stdin", *away, typed=f"{'s' * 64}\nhidden-word\n")
    assert "proxy" in error["message"] and "hidden-word" not in str(error)
    assert console(*ADD, "--api-secret-stdin", *away, typed=f"{'s' * 64}\n").exit_code == 2


def test_keys_are_rotated_for_one_for_all_and_for_the_master(console):
    console.add_credential()
    assert console.json("rotate-key") == {"renewed": 0, "current": 1, "secrets": 0}
    assert console.json("rotate-key", *ANNA) == {"renewed": 1, "current": 0, "secrets": 1}
    assert console.json("rotate-key", "--tenants")["renewed"] == 1


def test_an_export_is_written_once_and_for_its_owner_only(console, tmp_path: Path):
    path = tmp_path / "anna.zip"
    assert console.json("user", "export", "anna@example.org", str(path))["secrets"] is False
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "can't be written" in console.error("user", "export", "anna@example.org", str(path))["message"]


def test_a_user_leaves_with_a_bundle_and_comes_back(console, tmp_path: Path):
    console.add_credential()
    path = str(tmp_path / "anna.bundle")
    word = "a passphrase long enough\n"
    console.json("user", "export", "anna@example.org", path, "--bundle", "--passphrase-stdin", typed=word)
    console.json("user", "remove", "anna@example.org", "--email", "anna@example.org")
    assert console.error("credential", "list", *ANNA)["code"] == "not_found"
    console.json("user", "import", path, "--passphrase-stdin", typed=word)
    assert [row["state"] for row in console.json("credential", "list", *ANNA)] == ["stopped"]


def test_a_quota_is_set_and_taken_back(console):
    console.add_credential()
    assert console.json("user", "quota", "anna@example.org", "1")["credentials"] == 1
    key, secret = console.key()
    options = (*ANNA, "--name", "Two", "--env", "testnet", "--api-key", key, "--api-secret-stdin")
    assert "You have 1 credentials" in console.error("credential", "add", *options, typed=secret)["message"]
    told = console.json("user", "quota", "anna@example.org", "--interval", "60", "--entries-per-hour", "9")
    assert (told["credentials"], told["interval"], told["entries_per_hour"]) == (200, 60, 9)
    assert console.json("user", "quota", "anna@example.org")["interval"] is None


def test_a_credential_is_renamed_and_labelled(console):
    console.add_credential()
    edit, renamed = ("credential", "edit"), (*ANNA, "--credential", "savings")
    assert console.json(*edit, *MAIN, "--name", "Savings", "--margin-mode", "ISOLATED")["name"] == "Savings"
    shown = console.json(*edit, *renamed, "--label", "sub")
    assert (shown["label"], shown["margin_mode"]) == ("sub", "ISOLATED")
    assert console.json(*edit, *renamed, "--margin-mode", "none")["margin_mode"] == ""
    assert console(*edit, *renamed).exit_code == 2


def test_what_is_left_of_a_removed_credential_is_listed_and_its_trackers_are_not(console):
    console.add_credential()
    console.add_tracker()
    gone = console.json("credential", "remove", *MAIN, "--name", "Main")["credential_id"]
    assert [row["credential_id"] for row in console.json("credential", "removed", *ANNA)] == [gone]
    history = console.json("credential", "removed", *ANNA, "--credential", gone)
    assert history == console.json("credential", "removed", *ANNA, "--credential", "main")
    assert (history["name"], history["orders"], len(history["keys"])) == ("Main", [], 1)
    assert console.json("tracker", "list", *ANNA) == []
    console.add_credential()
    assert console.add_tracker()["name"] == "Main / alpha 2"
    assert console.error("credential", "removed", *ANNA, "--credential", "c_none")["code"] == "not_found"


def test_what_the_law_wants_kept_is_written_before_a_user_is_erased(console, tmp_path: Path):
    console.add_credential()
    path = tmp_path / "ledger.zip"
    remove = ("user", "remove", "anna@example.org", "--ledger", str(path))
    assert console.error(*remove, "--email", "anna")["code"] == "invalid_input" and not path.exists()
    assert console.json(*remove, "--email", "anna@example.org")["ledger"] == str(path)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    assert {"intents.csv", "credentials.json"} <= names and "secrets.json" not in names


def test_a_pair_goes_out_through_the_proxy_it_was_made_with(console):
    pair = ("credential", "pair", *ANNA, "--name", "Away")
    away = ("--proxy", "socks5h://ann@127.0.0.1:9", "--proxy-password-stdin")
    console.json(*pair, "--env", "testnet", "--label", "sub", *away, typed="hidden\n")
    error = console.error(*pair, "--api-key", "k" * 64)
    assert "its proxy" in error["message"] and "hidden" not in str(error)
    assert list(console.error(*pair, "--env", "testnet", "--proxy", "ftp://x")["fields"]) == ["proxy"]


def test_a_pair_made_here_becomes_a_credential_once_the_exchange_knows_it(console):
    pair = ("credential", "pair", *ANNA, "--name", "Paired")
    public = console.json(*pair, "--env", "testnet")["public_key"]
    wish = {"balance": "1000", "public_key": public}
    given = requests.post(f"{console.exchange_url}/sim/keys", json=wish, timeout=10)
    assert console.error(*pair, "--api-key", "k" * 64)["code"] == "refused"
    assert console.json(*pair, "--api-key", given.json()["api_key"])["name"] == "Paired"
    assert console.error(*pair, "--api-key", "k" * 64)["code"] == "not_found" and console(*pair).exit_code == 2
