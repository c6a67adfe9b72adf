"""The exchange's codes in words."""

from __future__ import annotations

from nof1web.services.exchange_codes import CODES, advice


def test_forty_codes_have_words_and_a_next_step() -> None:
    assert len(CODES) >= 40
    assert all(each.meaning.endswith(".") and each.step.endswith(".") for each in CODES.values())


def test_a_code_without_words_is_none() -> None:
    assert advice(-9999) is None and advice(None) is None


def test_every_code_that_blocks_a_person_has_words() -> None:
    assert {-2019, -4164, -4061, -2015, -4192, -4400} <= CODES.keys()
