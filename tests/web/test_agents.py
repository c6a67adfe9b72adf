"""The agents page: sources' health, agents ranked, an address on Hyperliquid added."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from nof1web.adapters.hashes import keccak256
from nof1web.core.leaders import SOURCE, WALLETS, Account, checksummed
from nof1web.errors import Transient
from nof1web.wiring import Wiring
from tests.web.conftest import send

GAIN = re.compile(r'<data value="([^"]+)" class="num">(?:(?!</data>).)*</data>%</span>')
ADDRESS = "0x" + "ab" * 20
FULL, EMPTY = Account(Decimal(500), 2, True), Account(Decimal(0), 0, True)


@pytest.fixture
def looked_up(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> dict[str, Account]:
    """What addresses are; others don't answer."""
    accounts: dict[str, Account] = {}

    def leader(address: str) -> Account:
        if address not in accounts:
            raise Transient("It does not answer.")
        return accounts[address]

    monkeypatch.setattr(wiring, "leader", leader, raising=False)
    return accounts


def read(wiring: Wiring) -> tuple[str, ...]:
    return wiring.market.leaders.all(SOURCE)


def test_every_source_says_how_it_is(page: FlaskClient) -> None:
    text = page.get("/agents").text
    assert re.search(r"nof1</span><span class=\"chip [a-z]+\"", text) and "not read yet" in text


def test_agents_are_ranked_by_what_they_gained(page: FlaskClient) -> None:
    text = page.get("/agents/list").text
    gains = [Decimal(found) for found in GAIN.findall(text)]
    assert len(gains) == 5 and gains == sorted(gains, reverse=True)


def test_the_chart_of_an_agent_is_a_table_too(page: FlaskClient) -> None:
    text = page.get("/agents/list").text
    shown = [re.search("<details[^>]*>.*?</details>", card, re.DOTALL) for card in text.split("<article")[1:]]
    assert text.count('<svg class="spark') == sum(1 for each in shown if each) > 0
    assert all(each is None or each[0].count("<tr>") >= 3 for each in shown)


def test_the_page_says_what_a_gain_is_and_of_which_symbols(page: FlaskClient) -> None:
    text = page.get("/agents").text
    assert "counts neither as gain nor as loss" in text and "nothing closed yet" in text
    assert "newest record" in text and text.count("<dt>Symbols</dt>") == 5


def test_what_an_agent_holds_without_a_counterpart_here_is_named(page: FlaskClient, wiring: Wiring) -> None:
    [signal] = [each for each in wiring.market.signals() if each.agent == "grok-4"]
    wiring.market.put_signals([replace(signal, unmapped=("xyz:NVDA", "@107"))], news=frozenset())
    assert "Not copied: xyz:NVDA, @107." in page.get("/agents").text
    wiring.market.put_signals([signal], news=frozenset())


def test_an_agent_says_under_which_name_it_is_followed(page: FlaskClient) -> None:
    assert "grok-4 t2" in page.get("/agents").text


def test_an_address_is_read_from_then_on(page: FlaskClient, wiring: Wiring, looked_up: dict[str, Account]) -> None:
    looked_up[ADDRESS] = FULL
    status, _ = send(page, "/agents/addresses", address=checksummed(ADDRESS, keccak256))
    assert status == 303 and ADDRESS in read(wiring)


def test_a_known_agents_wallet_is_found_by_its_name(
    page: FlaskClient, wiring: Wiring, looked_up: dict[str, Account]
) -> None:
    looked_up[WALLETS["gpt-5"]] = FULL
    assert send(page, "/agents/addresses", address="gpt-5")[0] == 303
    assert WALLETS["gpt-5"] in read(wiring) and WALLETS["gpt-5"] not in page.get("/agents").text


MISTYPED = checksummed(ADDRESS, keccak256).replace("A", "a", 1)


@pytest.mark.parametrize("typed", ["", "0x12", "hello", "0x" + "g" * 40, MISTYPED])
def test_a_mistyped_address_is_refused_beside_the_field(page: FlaskClient, wiring: Wiring, typed: str) -> None:
    before = read(wiring)
    status, text = send(page, "/agents/addresses", address=typed)
    assert status == 422 and 'class="field wrong"' in text and read(wiring) == before


def test_an_empty_address_has_to_be_confirmed(
    page: FlaskClient, wiring: Wiring, looked_up: dict[str, Account]
) -> None:
    empty = "0x" + "cd" * 20
    looked_up[empty] = EMPTY
    status, text = send(page, "/agents/addresses", address=empty)
    assert status == 422 and "tick the box" in text and empty not in read(wiring)
    assert send(page, "/agents/addresses", address=empty, confirmed="y")[0] == 303 and empty in read(wiring)


def test_an_address_that_only_signs_for_another_names_that(page: FlaskClient, looked_up: dict[str, Account]) -> None:
    looked_up[ADDRESS[:-1] + "0"] = Account(Decimal(0), 0, True, master=WALLETS["grok-4"])
    status, text = send(page, "/agents/addresses", address=ADDRESS[:-1] + "0")
    assert status == 422 and WALLETS["grok-4"] in text


def test_when_nobody_can_look_the_address_stays_typed(page: FlaskClient, looked_up: dict[str, Account]) -> None:
    status, text = send(page, "/agents/addresses", address="0x" + "ef" * 20)
    assert status >= 400 and "does not answer" in text and "0x" + "ef" * 20 in text


def test_an_address_has_the_name_its_user_gives_it_and_nobody_else_sees_that(
    page: FlaskClient, others_page: FlaskClient, wiring: Wiring, looked_up: dict[str, Account]
) -> None:
    whale = "0x" + "7a" * 20
    looked_up[whale] = FULL
    [signal] = [each for each in wiring.market.signals() if each.agent == "grok-4"]
    wiring.market.put_signals([replace(signal, source=SOURCE, agent=whale)], news=frozenset())
    assert send(page, "/agents/addresses", address=whale, label="The  <b>whale</b>")[0] == 303
    assert "The &lt;b&gt;whale&lt;/b&gt;</span>" in page.get("/agents").text
    assert "whale" not in others_page.get("/agents").text
    send(page, "/agents/addresses", address=whale, label="Renamed")
    assert "Renamed" in page.get("/agents").text and "whale" not in page.get("/agents").text


@pytest.mark.parametrize("label", ["x" * 41, "a\x07b"])
def test_a_name_that_can_not_be_shown_is_refused_beside_its_field(
    page: FlaskClient, looked_up: dict[str, Account], label: str
) -> None:
    looked_up[ADDRESS] = FULL
    status, text = send(page, "/agents/addresses", address=ADDRESS, label=label)
    assert status == 422 and "at most 40 characters" in text


def test_follow_leads_to_a_form_with_that_agent_chosen(page: FlaskClient) -> None:
    links = re.findall(r'href="(/trackers/new\?agent=[^"]+)"', page.get("/agents/list").text)
    assert len(links) >= 5
    for link in links[:2]:
        assert f'name="agent" value="{link.split("agent=")[1]}" checked' in page.get(link).text
