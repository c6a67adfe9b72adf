"""The connection test against two built-in exchanges: each thing that is wrong has its own sentence."""

from __future__ import annotations

import re

import pytest
from babel.support import Translations

from nof1web.adapters.binance import check
from nof1web.adapters.binance.http import Call
from nof1web.config import ROOT
from nof1web.errors import Nof1Error, Text
from nof1web.services import credentials, key_tests, keys, warnings
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.exchange_process import ExchangeProcess
from tests.services.installations import a_key, added, change
from tests.services.stage import a_client
from tests.services.two_exchanges import ann, live, p, testnet

__all__ = ["ann", "live", "p", "testnet"]


CHINESE = Translations.load(str(ROOT / "nof1web" / "translations"), ["zh"])


def in_both(text: Text) -> str:
    """Return a sentence in English; there has to be one in Chinese with the same numbers."""
    translated = CHINESE.gettext(text.template)
    assert re.search("[\u4e00-\u9fff]", translated) and translated % text.numbers, text.template
    return str(text)


def refusal(p: Wiring, user: User, key: dict[str, str], *, environment: str = "live") -> str:
    with pytest.raises(Nof1Error) as refused:
        added(p, user, key, environment=environment)
    assert credentials.listing(p, user.id) == ()
    return in_both(refused.value.text)


def told(p: Wiring, user: User, key: dict[str, str], *, environment: str = "live", name: str = "Main") -> list[str]:
    typed = {"api_key": key["api_key"], "api_secret": key["api_secret"]}
    _made, check = credentials.add(p, user.id, name=name, environment=environment, **typed)
    return [in_both(warnings.words(code)) for code in check.warnings]


def test_each_thing_that_is_wrong_has_a_sentence_of_its_own_in_both_languages() -> None:
    found = {**vars(check), **vars(key_tests)}
    templates = {text for name, text in found.items() if name.isupper() and type(text) is str}
    codes = ("no_funds", "hedge_mode", "multi_assets", "account_linked", "no_address_restriction")
    templates |= {warnings.words(code).template for code in codes}
    assert len(templates) > 20 and len({CHINESE.gettext(each) for each in templates} - templates) == len(templates)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"permissions": {"enableWithdrawals": True}}, "may withdraw or transfer money (enableWithdrawals)"),
        ({"permissions": {"enableInternalTransfer": True}}, "may withdraw or transfer money (enableInternalTransfer)"),
        ({"permissions": {"permitsUniversalTransfer": True}}, "transfer money (permitsUniversalTransfer)"),
        ({"permissions": {"enableFutures": False}}, "Futures are not enabled for this API key"),
        ({"portfolio_margin": True}, "uses portfolio margin"),
        ({"addresses": ["203.0.113.9"]}, "refuses it from this server's address"),
    ],
)
def test_what_a_live_key_may_or_may_not_is_told_by_itself(
    p: Wiring, ann: User, live: ExchangeProcess, wish: dict[str, object], words: str
) -> None:
    assert words in refusal(p, ann, a_key(live, **wish))


def test_a_wrong_key_and_a_wrong_secret_are_told_apart(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    key = a_key(live)
    assert "secret does not belong to this key" in refusal(p, ann, key | {"api_secret": "s" * 64})
    assert "does not know this API key" in refusal(p, ann, key | {"api_key": "k" * 64})


def test_a_key_that_may_not_read_is_told_so(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    assert "see that the key may read" in refusal(p, ann, a_key(live, permissions={"enableReading": False}))


@pytest.mark.parametrize(("mine", "other"), [("live", "testnet"), ("testnet", "live")])
def test_a_key_of_the_other_environment_is_told_where_it_belongs(
    p: Wiring, ann: User, request: pytest.FixtureRequest, mine: str, other: str
) -> None:
    key = a_key(request.getfixturevalue(other))
    assert f"belongs to {other}, not to {mine}" in refusal(p, ann, key, environment=mine)
    assert f"belongs to {other}" in refusal(p, ann, key | {"api_secret": "s" * 64}, environment=mine)


def test_a_wrong_clock_is_told(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    key = a_key(live)
    late = {"method": "GET", "kind": "reject", "code": -1021, "count": 9, "api_key": key["api_key"]}
    live.post("/sim/faults", path="/sapi/v1/account/apiRestrictions", **late)
    try:
        assert "finds this server's time wrong" in refusal(p, ann, key)
    finally:
        live.post("/sim/faults", clear=True)


def test_hedge_mode_is_told_and_taken(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    assert any("in hedge mode" in each for each in told(p, ann, a_key(live, hedge=True)))


def test_multi_assets_mode_is_told_and_taken(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    key = a_key(live)
    turn_on = Call("POST", "/fapi/v1/multiAssetsMargin", 1, "sync")
    a_client(live.url, key)._host.send(turn_on, {"multiAssetsMargin": "true"})
    assert any("in multi-assets mode" in each for each in told(p, ann, key))


def test_the_same_exchange_account_under_another_key_is_told_by_name(
    p: Wiring, ann: User, live: ExchangeProcess
) -> None:
    first = a_key(live)
    added(p, ann, first, name="First")
    second = a_key(live, account_id=first["account_id"])
    assert any("linked already, as First" in each for each in told(p, ann, second, name="Second"))


def test_a_key_open_to_every_address_is_told(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    assert any("works from every address" in each for each in told(p, ann, a_key(live, addresses=[])))


def test_an_address_taken_off_the_list_later_names_ours(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    key = a_key(live)
    credential = added(p, ann, key)
    change(live, key, addresses=["203.0.113.9"])
    assert credentials.retest(p, ann.id, credential.id)["ok"] is False
    stored = credentials.find(p, ann.id, credential.id).last_error
    assert stored is not None and "192.0.2.7 is not on its list" in in_both(stored)
    change(live, key, addresses=["127.0.0.1"])
    assert credentials.retest(p, ann.id, credential.id)["ok"] is True


def test_a_typed_key_that_moves_money_is_not_kept_anywhere(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    key = a_key(live, permissions={"enableWithdrawals": True})
    typed = {"api_key": key["api_key"], "api_secret": key["api_secret"]}
    row = credentials.draft(p, ann.id, name="Main", environment="live", **typed)
    assert credentials.test_draft(p, ann.id, row.id)["state"] == "failed"
    with p.tenants(ann.id) as store:
        draft = store.credentials.draft(row.id)
        assert draft is not None and (draft.sealed, store.keys.all_sealed()) == (b"", ())


def test_a_paper_account_needs_none_of_it(p: Wiring, ann: User) -> None:
    keyless = keys.KeyOptions(label="sub", margin_mode="ISOLATED")
    p._markets[keys.Environment.PAPER] = p.market_data(keys.Environment.LIVE)
    made, _ = credentials.add(
        p, ann.id, name="Paper", environment="paper", api_key="", api_secret="", options=keyless
    )
    with p.tenants(ann.id) as store:
        facts = store.keys.facts(made.id)
        assert facts is not None and facts.label == "sub"
        assert store.trackers.defaults(made.id) == {"margin_mode": "ISOLATED"}
