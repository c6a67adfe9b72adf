"""Any settings there can be are written and read back unchanged; what cannot be is a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core import settings
from nof1web.core.settings import BelowMinimum, Sizing, Spec, TrackerSettings, Unprotected
from nof1web.errors import InvalidSettings, Text

SYMBOLS = st.text("ABCXYZ0189_币", min_size=1, max_size=12)


def numbers(spec: Spec) -> st.SearchStrategy[Any]:
    assert spec.low is not None and spec.high is not None
    if spec.kind == "whole":
        return st.integers(int(spec.low), int(spec.high))
    return st.decimals(spec.low, spec.high, places=8)


def values(spec: Spec) -> st.SearchStrategy[Any]:
    """Return every value of a setting."""
    kinds: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "flag": st.booleans,
        "choice": lambda: st.sampled_from(spec.choices).map(lambda text: settings.read(spec, text)),
        "symbols": lambda: st.sets(SYMBOLS, max_size=4).map(lambda found: tuple(sorted(found))),
        "rates": lambda: st.dictionaries(SYMBOLS, numbers(spec), max_size=4).map(
            lambda found: tuple(sorted(found.items()))
        ),
    }
    plain = kinds[spec.kind]() if spec.kind in kinds else numbers(spec)
    return st.none() | plain if spec.optional else plain


ANY = st.fixed_dictionaries({spec.name: values(spec) for spec in settings.specs()}).map(
    lambda found: TrackerSettings(**found)
)


@given(ANY)
def test_settings_read_back_from_their_texts_are_the_same(made: TrackerSettings) -> None:
    assert settings.laid((settings.texts(made),)) == settings.harmless(made)
    if settings.conflicts(made):
        with pytest.raises(InvalidSettings) as refused:
            settings.parse(settings.texts(made))
        assert refused.value.fields == settings.conflicts(made)
    else:
        assert settings.parse(settings.texts(made)) == made


@given(ANY)
def test_what_contradicts_is_followed_at_the_smaller_risk(made: TrackerSettings) -> None:
    kept = settings.harmless(made)
    assert kept.fixed_leverage is None or kept.fixed_leverage <= kept.max_leverage == made.max_leverage
    assert kept.sizing is not Sizing.RISK_AT_STOP or kept.below_minimum is not BelowMinimum.RAISE
    assert kept.cooldown or not kept.auto_refollow
    assert made == kept or settings.conflicts(made)


BASE = TrackerSettings()
CONFLICTS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "auto_refollow",
        "Entering again at once would go in and out without end: set a cooldown or turn this off.",
        {"auto_refollow": True, "profit_target": Decimal(50)},
        {"cooldown": 60},
    ),
    (
        "fixed_margin",
        "Margin per position must not be more than the total margin of 50 USDT.",
        {"sizing": Sizing.FIXED_MARGIN, "total_margin": Decimal(50), "fixed_margin": Decimal("50.01")},
        {"fixed_margin": Decimal(50)},
    ),
    (
        "below_minimum",
        "Raising to the minimum would risk more than the sizing risk at stop allows: choose skip or accumulate.",
        {"sizing": Sizing.RISK_AT_STOP, "below_minimum": BelowMinimum.RAISE},
        {"below_minimum": BelowMinimum.ACCUMULATE},
    ),
    (
        "fixed_leverage",
        "Fixed leverage must not be more than the max leverage of 10x.",
        {"fixed_leverage": 11, "max_leverage": 10},
        {"fixed_leverage": 10},
    ),
    (
        "deny",
        "BTCUSDT, ETHUSDT cannot be allowed and denied at the same time: take it from one list.",
        {"allow": ("BTCUSDT", "ETHUSDT", "SOLUSDT"), "deny": ("BTCUSDT", "ETHUSDT", "XRPUSDT")},
        {"deny": ("XRPUSDT",)},
    ),
    (
        "auto_refollow",
        "Entering again needs a profit target: set one or turn this off.",
        {"auto_refollow": True},
        {"profit_target": Decimal(50), "cooldown": 60},
    ),
    (
        "unprotected",
        "There is no stop whose failure could close a position: copy the agent's or set an own stop.",
        {"unprotected": Unprotected.CLOSE, "copy_protection": False},
        {"own_stop": Decimal(20)},
    ),
    (
        "interval",
        "Interval must not be longer than the max signal age of 60 s: entries would always come too late.",
        {"interval": 61, "max_signal_age": 60},
        {"interval": 60},
    ),
]


@pytest.mark.parametrize(("name", "words", "chosen", "repair"), CONFLICTS, ids=[row[0] for row in CONFLICTS])
def test_what_contradicts_is_told_beside_the_setting_to_change(
    name: str, words: str, chosen: dict[str, Any], repair: dict[str, Any]
) -> None:
    found: dict[str, Text] = settings.conflicts(replace(BASE, **chosen))
    assert {key: str(text) for key, text in found.items()} == {name: words}
    assert settings.conflicts(replace(BASE, **(chosen | repair))) == {}


@pytest.mark.parametrize("row", CONFLICTS, ids=[row[0] for row in CONFLICTS])
def test_each_half_of_a_contradiction_alone_is_fine(row: tuple[str, str, dict[str, Any], dict[str, Any]]) -> None:
    name, _, chosen, _ = row
    assert settings.conflicts(replace(BASE, **{name: chosen[name]})).keys() <= {name}
    others = {key: value for key, value in chosen.items() if key != name}
    assert settings.conflicts(replace(BASE, **others)) == {}


def test_all_contradictions_are_told_at_once() -> None:
    everything = {key: value for _, _, chosen, _ in CONFLICTS[3:] for key, value in chosen.items()}
    assert set(settings.conflicts(replace(BASE, **everything))) == {row[0] for row in CONFLICTS[3:]}
