"""`tracker follow-several`: one agent, several credentials, one command."""

from __future__ import annotations

from tests.cli.conftest import ANNA

FOLLOW = ("tracker", "follow-several", *ANNA, "--source", "nof1", "--agent", "alpha")


def test_each_credential_named_follows_with_its_own_and_what_all_share(console):
    console.add_credential()
    console.add_credential("Second")
    both = (*FOLLOW, "--credential", "Main", "--credential", "Second")
    made = console.json(*both, "--set", "max_leverage=5", "--for", "second:total_margin=250")
    shown = [(each["credential"], each["settings"]["total_margin"], each["settings"]["max_leverage"]) for each in made]
    assert shown == [("Main", "100", "5"), ("Second", "250", "5")]


def test_a_wrong_one_is_called_by_its_name_and_nothing_is_made(console):
    console.add_credential()
    console.add_credential("Second")
    both = (*FOLLOW, "--credential", "Main", "--credential", "Second")
    error = console.error(*both, "--for", "Second:max_leverage=999")
    assert error["message"].startswith("Second.max_leverage: ") and list(error["fields"]) == ["Second.max_leverage"]
    assert console.json("tracker", "list", *ANNA) == []


def test_a_setting_for_nobody_is_wrong_usage(console):
    console.add_credential()
    assert console(*FOLLOW, "--credential", "Main", "--for", "Other:multiplier=2").exit_code == 2
    assert console(*FOLLOW, "--credential", "Main", "--for", "multiplier=2").exit_code == 2
