"""`user set` and `credential set`: what trackers inherit."""

from __future__ import annotations

import pytest

from tests.cli.conftest import ANNA, MAIN


@pytest.fixture
def with_main(console):
    console.add_credential()
    return console


def tracker(console):
    return console.json("tracker", "list", *ANNA)[0]["settings"]


def test_what_is_set_for_a_user_holds_for_its_trackers(with_main):
    with_main.add_tracker()
    assert with_main.json("user", "set", *ANNA, "multiplier=2", "cooldown=60") == {"multiplier": "2", "cooldown": "60"}
    assert with_main.json("credential", "set", *MAIN, "multiplier=3") == {"multiplier": "3"}
    assert (tracker(with_main)["multiplier"], tracker(with_main)["cooldown"]) == ("3", "60")


def test_inherited_takes_it_back(with_main):
    with_main.json("credential", "set", *MAIN, "multiplier=3", "cooldown=60")
    assert with_main.json("credential", "set", *MAIN, "multiplier=inherited") == {"cooldown": "60"}


def test_without_settings_it_shows_what_is_set(with_main):
    assert with_main.json("user", "set", *ANNA) == {}
    assert "Nothing is set here." in with_main("credential", "set", *MAIN).stdout
    with_main.json("credential", "set", *MAIN, "max_leverage=5")
    assert with_main.json("credential", "set", *MAIN) == {"max_leverage": "5"}
    shown = with_main("credential", "set", *MAIN).stdout
    assert "max_leverage" in shown and "5" in shown


@pytest.mark.parametrize("level", ["user", "credential"])
@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("max_leverage=500", "Max leverage must be a whole number between 1 and 125."),
        ("no_such=1", "There is no setting called no_such."),
        ("no_such=inherited", "There is no setting called no_such."),
        ("mode=trade", "This is chosen for each tracker by itself."),
        ("symbol_multipliers=BTC;ETH:1", "Multipliers by symbol must be symbols with numbers between 0.01 and 10"),
        ("auto_refollow=on", "Entering again needs a profit target: set one or turn this off."),
    ],
)
def test_what_is_wrong_is_one_sentence_beside_its_name(with_main, level, pair, sentence):
    where = MAIN if level == "credential" else ANNA
    error = with_main.error(level, "set", *where, pair, "cooldown=60")
    assert error["code"] == "invalid_settings" and error["message"].startswith(sentence)
    assert list(error["fields"]) == [pair.partition("=")[0]]
    assert with_main.json(level, "set", *where) == {}


def test_what_would_make_a_tracker_contradict_itself_names_it(with_main):
    with_main.add_tracker("--name", "T", "--set", "fixed_leverage=15")
    error = with_main.error("user", "set", *ANNA, "max_leverage=10")
    assert error["code"] == "refused" and error["message"].startswith("The tracker T could not follow with this: Fixed")


@pytest.mark.parametrize("words", [["max_leverage"], ["=5"], ["a=1", "a=2"]])
def test_what_is_no_setting_at_all_is_wrong_usage(with_main, words):
    assert with_main("credential", "set", *MAIN, *words).exit_code == 2


def test_an_unknown_user_or_credential_is_refused(with_main):
    assert with_main.error("user", "set", "--user", "nobody@example.org", "multiplier=2")["code"] == "not_found"
    assert with_main.error("credential", "set", *ANNA, "--credential", "No", "multiplier=2")["code"] == "not_found"
    assert with_main.error("credential", "set", *ANNA, "--credential", "No")["code"] == "not_found"
