"""`tracker …`."""

from __future__ import annotations

import pytest

from nof1web.core.settings import SPECS
from tests.cli.conftest import ANNA, MAIN

TRACKER = (*ANNA, "--tracker", "T")


@pytest.fixture
def with_main(console):
    console.add_credential()
    return console


def test_add_answers_with_every_setting_as_text(with_main):
    added = with_main.add_tracker("--name", "T", "--mode", "trade", "--set", "total_margin=200")
    fields = ("tracker_id", "name", "credential_id", "source", "agent", "mode", "started", "state", "settings")
    assert tuple(added) == fields
    assert (added["name"], added["source"], added["agent"]) == ("T", "nof1", "alpha")
    assert (added["mode"], added["started"]) == ("trade", True)
    assert set(added["settings"]) == set(SPECS)
    assert all(isinstance(value, str) for value in added["settings"].values())
    assert (added["settings"]["total_margin"], added["settings"]["max_leverage"]) == ("200", "20")


def test_a_new_tracker_is_a_shadow_unless_told_otherwise(with_main):
    assert with_main.add_tracker()["mode"] == "shadow"


@pytest.mark.parametrize("setting", ["total_margin=-5", "total_margin=NaN", "max_leverage=1000", "colour=red"])
def test_a_wrong_setting_is_named_and_nothing_is_added(with_main, setting):
    add = ("tracker", "add", *MAIN, "--source", "nof1", "--agent", "alpha")
    error = with_main.error(*add, "--set", setting, "--set", "multiplier=2")
    assert error["code"] == "invalid_settings"
    assert list(error["fields"]) == [setting.partition("=")[0]]
    assert with_main.json("tracker", "list", *ANNA) == []


def test_an_unknown_agent_is_told_which_there_are(with_main):
    error = with_main.error("tracker", "add", *MAIN, "--source", "nof1", "--agent", "omega")
    assert error["message"] == "There is no agent called omega. Choose one of: alpha."


UNREADABLE = ["--set total_margin", "--set =5", "--set a=1 --set a=2", "--mode trade --set mode=shadow"]


@pytest.mark.parametrize("more", UNREADABLE)
def test_settings_that_cannot_be_read_are_wrong_usage(with_main, more):
    assert with_main("tracker", "add", *MAIN, "--source", "nof1", "--agent", "alpha", *more.split()).exit_code == 2


def test_set_takes_the_tracker_as_option_or_first_word(with_main):
    with_main.add_tracker("--name", "T")
    assert with_main.json("tracker", "set", *TRACKER, "multiplier=2")["settings"]["multiplier"] == "2"
    assert with_main.json("tracker", "set", *ANNA, "T", "multiplier=3")["settings"]["multiplier"] == "3"
    assert with_main("tracker", "set", *ANNA, "multiplier=3").exit_code == 2


def test_set_changes_all_or_nothing(with_main):
    with_main.add_tracker("--name", "T")
    error = with_main.error("tracker", "set", *TRACKER, "multiplier=2", "interval=0")
    assert list(error["fields"]) == ["interval"]
    assert with_main.json("tracker", "list", *ANNA)[0]["settings"]["multiplier"] == "1"


def test_stop_and_start_by_id(with_main):
    named = (*ANNA, "--tracker", with_main.add_tracker()["tracker_id"])
    assert with_main.json("tracker", "stop", *named)["started"] is False
    assert with_main.json("tracker", "start", *named)["started"] is True


def test_the_list_can_be_one_credentials_only(with_main):
    with_main.add_tracker()
    other = with_main.add_credential("Other")["credential_id"]
    assert len(with_main.json("tracker", "list", *MAIN)) == 1
    assert with_main.json("tracker", "list", *ANNA, "--credential", other) == []


def test_a_preview_changes_nothing(with_main):
    with_main.add_tracker("--name", "T")
    planned = with_main.json("tracker", "preview", *TRACKER, "--set", "total_margin=500")
    assert list(planned) == ["orders", "refusals", "margin_used", "budget", "uncovered", "smallest_budget"]
    assert planned["budget"] == "500.00"
    assert with_main.json("tracker", "list", *ANNA)[0]["settings"]["total_margin"] == "100"
