"""Settings inherit user → credential → tracker: the innermost decides, limits only become stricter."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core import settings
from nof1web.core.entries import refuse_symbol
from nof1web.core.records import Tracker
from nof1web.core.refusals import Code
from nof1web.core.settings import SPECS
from nof1web.errors import InvalidSettings
from tests.core.scene import STARTED, a_signal, a_signal_position, a_snapshot, a_view
from tests.core.test_settings_texts import ANY

LIMITS = ("max_leverage", "order_cap", "symbol_cap", "tracker_cap", "credential_cap", "user_cap")
COUNTS = ("max_positions", "max_entries_per_hour")
TRACKER = Tracker("t1", "c1", "one", "nof1", "grok", True, STARTED, STARTED)


def resolved(name: str, *texts: str | None) -> tuple[str, str]:
    """What holds and where it comes from, of texts set by user, credential and tracker (None: nothing set)."""
    found = settings.resolve([{} if text is None else {name: text} for text in texts])
    return settings.as_text(getattr(found.settings, name)), found.origin[name]


@pytest.mark.parametrize(
    ("texts", "holds"),
    [
        ((None, None, None), ("1", "default")),
        (("2", None, None), ("2", "user")),
        (("2", "3", None), ("3", "credential")),
        (("2", "3", "4"), ("4", "tracker")),
        (("2", None, "4"), ("4", "tracker")),
        (("2", "inherited", None), ("2", "user")),
        (("2", "3", " inherited "), ("3", "credential")),
        (("inherited", "inherited", "inherited"), ("1", "default")),
    ],
)
def test_the_innermost_level_that_sets_a_name_decides(texts: tuple[str | None, ...], holds: tuple[str, str]) -> None:
    assert resolved("multiplier", *texts) == holds


def test_exactly_limits_and_protections_are_strictest() -> None:
    strictest = {name for name, spec in SPECS.items() if spec.strictest}
    assert strictest == {*LIMITS, *COUNTS, "own_stop", "lifetime", "cooldown", "deny", "allow", "sides"}


@pytest.mark.parametrize("name", LIMITS[1:] + COUNTS + ("lifetime",))
@pytest.mark.parametrize(
    ("texts", "holds"),
    [
        ((None, None, None), ("", "default")),
        (("100", None, None), ("100", "user")),
        (("100", "200", None), ("100", "user")),
        (("100", "200", "50"), ("50", "tracker")),
        (("100", "70", "90"), ("70", "credential")),
        (("100", "100", "100"), ("100", "user")),
        (("100", "", None), ("100", "user")),
        (("", "100", ""), ("100", "credential")),
        ((None, None, "500"), ("500", "tracker")),
    ],
)
def test_a_limit_cannot_be_loosened_further_in(
    name: str, texts: tuple[str | None, ...], holds: tuple[str, str]
) -> None:
    assert resolved(name, *texts) == holds


def test_max_leverage_may_be_more_than_the_default_but_not_more_than_a_level_above_says() -> None:
    assert resolved("max_leverage", None, None, "50") == ("50", "tracker")
    assert resolved("max_leverage", "50", "40", "60") == ("40", "credential")


def test_a_fixed_leverage_cannot_pass_a_limit_set_above() -> None:
    with pytest.raises(InvalidSettings) as refused:
        settings.resolve([{"max_leverage": "10"}, {}, {"fixed_leverage": "15", "max_leverage": "20"}])
    assert str(refused.value) == "Fixed leverage must not be more than the max leverage of 10x."


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("text", ["1", "inherited"])
def test_an_unknown_name_is_refused_at_every_level(level: int, text: str) -> None:
    levels: list[dict[str, str]] = [{}, {}, {}]
    levels[level] = {"max_levrage": text}
    with pytest.raises(InvalidSettings) as refused:
        settings.resolve(levels)
    assert str(refused.value) == "There is no setting called max_levrage."


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_wrong_text_is_refused_at_every_level(level: int) -> None:
    levels: list[dict[str, str]] = [{}, {}, {}]
    levels[level] = {"multiplier": "many"}
    with pytest.raises(InvalidSettings, match="Multiplier must be a number between"):
        settings.resolve([*levels[:2], levels[2] | ({"multiplier": "2"} if level < 2 else {})])


LEVELS_OF = [
    ("own_stop", ("20", "50", None), ("20", "user")),
    ("own_stop", ("20", "10", ""), ("10", "credential")),
    ("cooldown", ("600", "60", "0"), ("600", "user")),
    ("cooldown", (None, "60", "600"), ("600", "tracker")),
    ("deny", ("XRPUSDT", None, ""), ("XRPUSDT", "user")),
    ("deny", ("XRPUSDT", "BTCUSDT", "XRPUSDT"), ("BTCUSDT,XRPUSDT", "credential")),
    ("allow", ("", "BTCUSDT", ""), ("BTCUSDT", "credential")),
    ("allow", ("BTCUSDT,ETHUSDT", None, "ETHUSDT,XRPUSDT"), ("ETHUSDT", "tracker")),
    ("sides", ("long", "both", None), ("long", "user")),
    ("sides", ("both", "short", "short"), ("short", "credential")),
]


@pytest.mark.parametrize(("name", "texts", "holds"), LEVELS_OF)
def test_a_protection_cannot_be_loosened_further_in(
    name: str, texts: tuple[str | None, ...], holds: tuple[str, str]
) -> None:
    assert resolved(name, *texts) == holds


CLASHES = [
    ("sides", "long", "short", "A level above copies only long positions: choose the same side, or both."),
    ("allow", "BTCUSDT", "ETHUSDT", "A level above allows only BTCUSDT: choose among these."),
]


@pytest.mark.parametrize(("name", "outer", "inner", "sentence"), CLASHES)
def test_what_would_leave_nothing_to_enter_is_refused(name: str, outer: str, inner: str, sentence: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        settings.resolve([{name: outer}, {}, {name: inner}])
    assert {field: str(text) for field, text in refused.value.fields.items()} == {name: sentence}


@pytest.mark.parametrize(("name", "outer", "inner", "sentence"), CLASHES)
def test_kept_levels_that_leave_nothing_to_enter_let_nothing_be_entered(
    name: str, outer: str, inner: str, sentence: str
) -> None:
    old = replace(TRACKER, settings={name: inner}, above=({name: outer}, {}))
    for quantity in (1, -1):
        position = a_signal_position(quantity)
        view = replace(a_view(a_signal(position)), tracker=old, settings=settings.of(old))
        refusal = refuse_symbol(a_snapshot(view), view, position)
        assert refusal is not None and refusal.code in (Code.SIDE_NOT_ALLOWED, Code.SYMBOL_DENIED)
    assert list(settings.contradictions(old)) == [name]


def test_a_symbol_denied_above_is_no_contradiction_of_what_a_tracker_allows() -> None:
    found = settings.resolve([{"deny": "XRPUSDT"}, {}, {"allow": "BTCUSDT,XRPUSDT"}]).settings
    assert (found.allow, found.deny) == (("BTCUSDT",), ("XRPUSDT",))
    assert settings.resolve([{"deny": "XRPUSDT"}, {}, {"allow": "XRPUSDT"}]).settings.allow == ("NONE",)
    with pytest.raises(InvalidSettings, match="cannot be allowed and denied"):
        settings.resolve([{}, {}, {"allow": "BTCUSDT,XRPUSDT", "deny": "XRPUSDT"}])


@given(st.lists(ANY, min_size=3, max_size=3))
def test_no_level_further_in_ever_loosens_a_protection(made: list[settings.TrackerSettings]) -> None:
    found = settings.laid([settings.texts(each) for each in made])
    for each in made:
        assert set(each.deny) <= set(found.deny) and found.cooldown >= each.cooldown
        assert not each.allow or set(found.allow) <= {*each.allow, "NONE"}
        assert each.sides in (settings.Sides.BOTH, found.sides) or found.allow == ("NONE",)
        for name in ("own_stop", "lifetime"):
            bound = getattr(each, name)
            assert bound is None or getattr(found, name) <= bound


@given(st.lists(ANY, min_size=3, max_size=3))
def test_no_level_further_in_ever_raises_a_limit(made: list[settings.TrackerSettings]) -> None:
    found = settings.laid([settings.texts(each) for each in made])
    for name in (*LIMITS, *COUNTS):
        texts = [getattr(each, name) for each in made if getattr(each, name) is not None]
        assert getattr(found, name) == min(texts, default=None)
    free = next(name for name, spec in SPECS.items() if not spec.strictest and name == "total_margin")
    assert getattr(found, free) == getattr(made[-1], free)


def test_what_was_kept_is_read_even_where_it_contradicts_by_now() -> None:
    old = replace(TRACKER, settings={"fixed_leverage": "50", "interval": "400"}, above=({"max_leverage": "10"}, {}))
    found = settings.of(old)
    assert (found.fixed_leverage, found.interval) == (10, 400)
    assert list(settings.contradictions(old)) == ["fixed_leverage", "interval"]


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("max_leverage", "500", 125),
        ("order_cap", "1", Decimal(5)),
        ("total_margin", "0.5", Decimal(1)),
        ("multiplier", "0.000000001", Decimal("0.01")),
        ("max_leverage", "2.5", 2),
        ("multiplier", "soon", Decimal(1)),
        ("sides", "sideways", settings.Sides.BOTH),
        ("sizing", "gut_feeling", settings.Sizing.EQUITY_SHARE),
        ("copy_protection", "perhaps", True),
        ("symbol_multipliers", "BTCUSDT:99", ()),
        ("no_such_any_more", "1", None),
    ],
)
def test_what_was_accepted_once_never_stops_a_cycle(name: str, text: str, read: object) -> None:
    found = settings.of(replace(TRACKER, settings={name: text}))
    assert getattr(found, name, None) == read


def test_a_text_that_means_nothing_any_more_is_left_to_the_level_above() -> None:
    old = replace(TRACKER, settings={"multiplier": "soon"}, above=({"multiplier": "2"}, {"multiplier": "?"}))
    assert settings.of(old).multiplier == 2


@given(st.dictionaries(st.sampled_from([*SPECS, "gone"]), st.text(max_size=12)))
def test_reading_what_is_kept_never_raises(texts: dict[str, str]) -> None:
    settings.of(replace(TRACKER, settings=texts, above=(texts, texts)))
