"""Settings are read from text, bounded, and refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core import settings
from nof1web.errors import InvalidSettings


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("max_leverage", "500", "Max leverage must be a whole number between 1 and 125."),
        ("max_leverage", "2.5", "Max leverage must be a whole number between 1 and 125."),
        ("total_margin", "-5", "Total margin must be a number between 1 and 10000000."),
        ("total_margin", "NaN", "Total margin must be a number between 1 and 10000000."),
        ("total_margin", "Infinity", "Total margin must be a number between 1 and 10000000."),
        ("total_margin", "1e400", "Total margin must be a number between 1 and 10000000."),
        ("total_margin", "", "Total margin must be a number between 1 and 10000000."),
        ("copy_protection", "maybe", "Copy stop and target must be on or off."),
        ("sides", "up", "Sides must be one of: both, long, short."),
        ("no_such", "1", "There is no setting called no_such."),
    ],
)
def test_nonsense_is_refused_in_one_sentence(name: str, text: str, sentence: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        settings.parse({name: text})
    assert str(refused.value.fields[name]) == sentence


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(InvalidSettings) as refused:
        settings.parse({"max_leverage": "0", "multiplier": "99", "sides": "long"})
    assert set(refused.value.fields) == {"max_leverage", "multiplier"}


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
