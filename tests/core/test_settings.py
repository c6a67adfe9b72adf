"""Settings are read from text, bounded, and refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core import settings
from nof1web.errors import InvalidSettings

LEVERAGE = "Max leverage must be a whole number between 1 and 125."
MARGIN = "Total margin must be a number between 1 and 10000000."
RATES = "Multipliers by symbol must be symbols with numbers between 0.01 and 10, as in BTCUSDT:0.5,ETHUSDT:2."
SYMBOLS = "Never these symbols must be at most 500 symbols separated by commas, as in BTCUSDT,ETHUSDT."
NO_NUMBERS = ("", " ", "NaN", "sNaN", "Infinity", "-inf", "1e999", "-1e999", "1_0", "١٢", "１２", "0x10", "1,5", "1 0")
NO_NUMBERS += ("ten", "--1", "1e", ".", "9" * 5000, "1e99999999999", "½", "5\n6", "5;6", "None")


def sentence(name: str, text: str) -> str:
    with pytest.raises(InvalidSettings) as refused:
        settings.parse({name: text})
    assert list(refused.value.fields) == [name] and str(refused.value) == str(refused.value.fields[name])
    return str(refused.value)


@pytest.mark.parametrize("text", [*NO_NUMBERS, "0", "-5", "126", "2.5", "1e-3"])
def test_a_whole_number_out_of_bounds_is_refused(text: str) -> None:
    assert sentence("max_leverage", text) == LEVERAGE


@pytest.mark.parametrize("text", [*NO_NUMBERS, "0", "-5", "0.99", "10000000.00000001", "-0"])
def test_a_number_out_of_bounds_is_refused(text: str) -> None:
    assert sentence("total_margin", text) == MARGIN


@pytest.mark.parametrize("text", ["1.000000001", "1e-9", "1e-999"])
def test_a_number_finer_than_amounts_are_kept_is_refused(text: str) -> None:
    assert sentence("price_tolerance", text) == "Price tolerance must have at most 8 decimals."


@pytest.mark.parametrize("text", ["maybe", "", "1", "yes", "on,off", "оn"])
def test_a_flag_is_on_or_off(text: str) -> None:
    assert sentence("copy_protection", text) == "Copy stop and target must be on or off."


@pytest.mark.parametrize("text", ["up", "", "LONG", "long,short", "both\x00"])
def test_a_choice_is_one_of_its_choices(text: str) -> None:
    assert sentence("sides", text) == "Sides must be one of: both, long, short."


BAD_RATES = ["BTCUSDT", "BTCUSDT:", ":2", "BTCUSDT=2", "BTCUSDT:2:3", "BTCUSDT:0", "BTCUSDT:11", "BTCUSDT:nan", "B T:1"]
BAD_RATES += [
    "BTCUSDT:1,btcusdt:2",
    "BTC;ETH:1",
    "BTC\nETH:1",
    "BTCUSDT:١",
    "<b>:1",
    "'--:1",
    f"{'A' * 41}:1",
    "::",
    "a:b:1",
]


@pytest.mark.parametrize("text", BAD_RATES)
def test_rates_are_symbols_with_numbers(text: str) -> None:
    assert sentence("symbol_multipliers", text) == RATES


def test_there_are_not_more_rates_than_anybody_needs() -> None:
    assert sentence("symbol_multipliers", ",".join(f"S{number}:1" for number in range(501))) == RATES


def test_a_rate_too_fine_is_refused() -> None:
    assert sentence("symbol_multipliers", "A:0.100000001") == "Multipliers by symbol must have at most 8 decimals."


BAD_SYMBOLS = ["BTC USDT", "BTC;ETH", "BTC\nETH", "BTC:ETH", "<b>", "../x", "A" * 41, "BTC\x00", "a'b"]


@pytest.mark.parametrize("text", [*BAD_SYMBOLS, ",".join(f"S{number}" for number in range(501))])
def test_symbols_are_names_of_symbols(text: str) -> None:
    assert sentence("deny", text) == SYMBOLS


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(InvalidSettings) as refused:
        settings.parse({"max_leverage": "0", "multiplier": "99", "sides": "long", "no_such": "1"})
    assert set(refused.value.fields) == {"max_leverage", "multiplier", "no_such"}
    assert str(refused.value.fields["no_such"]) == "There is no setting called no_such."


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("max_leverage", " 5 ", "5"),
        ("max_leverage", "1e1", "10"),
        ("max_leverage", "7.0", "7"),
        ("total_margin", "+5", "5"),
        ("total_margin", "1e3", "1000"),
        ("min_change", "-0", "0"),
        ("reverse", "TRUE", "on"),
        ("margin_mode", "", ""),
        ("own_stop", " ", ""),
        ("allow", " solusdt,,BTCUSDT , solusdt", "BTCUSDT,SOLUSDT"),
        ("allow", "币安人生USDT,BTCUSDT_260925", "BTCUSDT_260925,币安人生USDT"),
        ("symbol_tolerances", " dogeusdt : 2, BTCUSDT:0.50,", "BTCUSDT:0.50,DOGEUSDT:2"),
    ],
)
def test_what_is_meant_is_read(name: str, text: str, kept: str) -> None:
    assert settings.as_text(getattr(settings.parse({name: text}), name)) == kept


NUMBERS = [spec for spec in settings.specs() if spec.kind in ("whole", "decimal")]


@pytest.mark.parametrize("spec", NUMBERS, ids=lambda spec: spec.name)
def test_bounds_are_inclusive(spec: settings.Spec) -> None:
    for bound in (spec.low, spec.high):
        assert bound is not None
        assert settings.read(spec, settings.as_text(bound)) == bound
        outside = settings.as_text(bound + (1 if bound == spec.high else -1))
        assert sentence(spec.name, outside).startswith(f"{spec.label} must be a ")


@pytest.mark.parametrize("spec", settings.specs(), ids=lambda spec: spec.name)
def test_every_default_reads_back_as_itself(spec: settings.Spec) -> None:
    assert settings.as_text(getattr(settings.parse({spec.name: spec.default}), spec.name)) == spec.default


@given(st.sampled_from(settings.specs()), st.text(max_size=12))
def test_any_text_is_either_read_or_refused(spec: settings.Spec, text: str) -> None:
    try:
        value = settings.as_text(getattr(settings.parse({spec.name: text}), spec.name))
    except InvalidSettings as error:
        assert str(error)
    else:
        assert settings.as_text(getattr(settings.parse({spec.name: value}), spec.name)) == value
