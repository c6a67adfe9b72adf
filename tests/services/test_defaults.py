"""Settings of user and credential: what trackers inherit, what is refused, what is written down."""

from __future__ import annotations

import pytest

from nof1web.core import settings
from nof1web.errors import InvalidInput, InvalidSettings, NotFound, Refused
from nof1web.services import defaults, trackers
from tests.services.home import Home


def test_what_the_user_sets_holds_for_all_trackers_until_something_nearer_says_else(home: Home) -> None:
    home.put(multiplier="2", cooldown="60")
    home.put("Momentum", multiplier="3")
    assert (home.holds().multiplier, home.holds().cooldown) == (3, 60)
    trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"multiplier": "4"})
    assert home.holds().multiplier == 4
    trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"multiplier": "inherited"})
    assert home.holds().multiplier == 3 and "multiplier" not in home.tracker().settings


def test_inherited_takes_a_setting_back_at_its_level(home: Home) -> None:
    home.put(multiplier="2")
    home.put("Momentum", multiplier="3")
    assert home.put("Momentum", multiplier="inherited") == {}
    assert home.holds().multiplier == 2
    assert defaults.of_user(home.p, home.ann.id) == {"multiplier": "2"}
    assert defaults.of_credential(home.p, home.ann.id, "Momentum") == {}


def test_one_credentials_settings_are_not_anothers(home: Home) -> None:
    home.put("Contrarian", multiplier="5")
    assert home.holds().multiplier == 1


@pytest.mark.parametrize(
    ("name", "text"), [("max_leverage", "500"), ("no_such", "1"), ("no_such", "inherited"), ("mode", "trade")]
)
@pytest.mark.parametrize("credential", ["", "Momentum"])
def test_what_is_wrong_is_named_and_nothing_is_changed(home: Home, credential: str, name: str, text: str) -> None:
    home.put(credential, multiplier="2")
    with pytest.raises(InvalidSettings) as refused:
        home.put(credential, **{name: text, "cooldown": "60"})
    assert list(refused.value.fields) == [name]
    assert (home.holds().multiplier, home.holds().cooldown) == (2, 0)


def test_a_tracker_trades_because_somebody_said_so_of_that_tracker(home: Home) -> None:
    with pytest.raises(InvalidSettings, match="This is chosen for each tracker by itself"):
        home.put(mode="trade")


def test_an_unknown_credential_is_not_found(home: Home) -> None:
    with pytest.raises(NotFound):
        home.put("Nobody", multiplier="2")
    with pytest.raises(NotFound):
        defaults.of_credential(home.p, home.ann.id, "Nobody")


@pytest.mark.parametrize("credential", ["", "Momentum"])
def test_what_would_make_a_tracker_contradict_itself_is_refused(home: Home, credential: str) -> None:
    trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"fixed_leverage": "15"})
    with pytest.raises(Refused) as refused:
        home.put(credential, max_leverage="10")
    assert str(refused.value).endswith("the max leverage of 10x. Change its fixed_leverage first.")
    assert home.holds().max_leverage == 20 and "defaults.set" not in dict(home.audits())


def test_a_credential_is_judged_together_with_what_its_user_set(home: Home) -> None:
    home.put(max_leverage="50")
    assert home.put("Momentum", fixed_leverage="30") == {"fixed_leverage": "30"}
    with pytest.raises(InvalidSettings, match="Fixed leverage must not be more than the max leverage of 50x"):
        home.put("Momentum", fixed_leverage="60")


def test_a_tracker_that_contradicted_before_keeps_nobody_from_setting_something_else(home: Home) -> None:
    home.keep(interval="900", gone="1")
    assert home.put(cooldown="60") == {"cooldown": "60"}
    assert home.holds().interval == 900


def test_total_margins_set_above_may_not_promise_more_than_the_wallet(home: Home) -> None:
    home.keep(total_margin="inherited")
    trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"total_margin": "inherited"})
    home.put(total_margin="1041")
    with pytest.raises(InvalidInput, match=r"promise 1042.00 USDT, the wallet holds 1041.27"):
        home.put(total_margin="1042")
    assert home.holds().total_margin == 1041


def test_a_change_is_audited_and_announced_to_every_credential_it_concerns(home: Home) -> None:
    home.put(cooldown="60")
    contrarian = home.momentum.replace("c1", "c2")
    assert home.audits()[-1] == ("defaults.set", '{"cooldown":"60"}')
    assert home.announced() == {home.momentum, contrarian}
    home.put("Momentum", cooldown="70")
    assert home.audits()[-1] == ("defaults.set", '{"cooldown":"70","credential":"Momentum"}')
    assert home.announced() == {home.momentum}


def test_a_new_tracker_keeps_only_what_it_sets_itself(home: Home) -> None:
    home.put("Momentum", multiplier="3")
    chosen = {"total_margin": " 50 ", "multiplier": "inherited"}
    p, ann = home.p, home.ann.id
    added = trackers.add(p, ann, credential="Momentum", source="nof1", agent="gpt-5", settings=chosen)
    assert added.settings == {"total_margin": "50"}
    found = trackers.find(p, ann, added.id)
    assert (settings.of(found).multiplier, settings.of(found).total_margin) == (3, 50)


@pytest.mark.parametrize("text", ["1", "inherited"])
def test_a_tracker_refuses_an_unknown_name_even_to_take_it_back(home: Home, text: str) -> None:
    with pytest.raises(InvalidSettings, match="There is no setting called no_such"):
        trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"no_such": text})


def test_names_that_are_no_settings_any_more_go_with_the_next_change(home: Home) -> None:
    home.keep(gone="1")
    changed = trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"cooldown": "5"})
    assert changed.settings == {"mode": "trade", "total_margin": "500", "cooldown": "5"}


def test_contradictions_are_judged_with_the_levels_above(home: Home) -> None:
    home.put(max_leverage="10")
    with pytest.raises(InvalidSettings, match="the max leverage of 10x"):
        trackers.put_settings(home.p, home.ann.id, home.tracker_id, {"fixed_leverage": "15", "max_leverage": "20"})
    p, ann = home.p, home.ann.id
    with pytest.raises(InvalidSettings, match="the max leverage of 10x"):
        trackers.add(p, ann, credential="Momentum", source="nof1", agent="gpt-5", settings={"fixed_leverage": "15"})


def test_a_tracker_that_contradicts_by_now_still_starts_and_stops(home: Home) -> None:
    home.keep(interval="900")
    trackers.stop(home.p, home.ann.id, home.tracker_id)
    assert trackers.start(home.p, home.ann.id, home.tracker_id).started


def test_a_preview_uses_the_levels_above_and_refuses_what_they_contradict(home: Home) -> None:
    home.put(total_margin="300")
    about = {"source": "nof1", "agent": "gpt-5"}
    found = trackers.preview(home.p, home.ann.id, home.momentum, **about, settings={})
    assert found.budget == 300
    assert trackers.preview(home.p, home.ann.id, home.momentum, **about, settings={"total_margin": "70"}).budget == 70
    with pytest.raises(InvalidSettings, match="the max leverage of 20x"):
        trackers.preview(home.p, home.ann.id, home.momentum, **about, settings={"fixed_leverage": "30"})


def test_a_preview_of_trading_does_not_count_what_was_only_simulated(home: Home) -> None:
    shadow = home.tracker_id.replace("t1", "t2")
    about = {"source": "nof1", "agent": "grok-4", "tracker_id": shadow}
    contrarian = home.momentum.replace("c1", "c2")
    assert trackers.preview(home.p, home.ann.id, contrarian, **about, settings={}).held == 1
    assert trackers.preview(home.p, home.ann.id, contrarian, **about, settings={"mode": "trade"}).held == 0
