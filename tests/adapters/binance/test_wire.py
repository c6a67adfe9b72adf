"""What each documented refusal means: binance.md Appendix A as data, and the HTTP answers without a code.

Where the page itself lies beside the project, the data are held to it.
"""

from __future__ import annotations

import json
import re

import pytest

from nof1web.adapters.binance.wire import CLASSES, Answer, failure, kind_of, said
from nof1web.errors import (
    AlreadyDone,
    Blocked,
    CredentialRefused,
    ExchangeError,
    OutcomeUnknown,
    Rejected,
    Transient,
)
from tests.tools.sources import ROOT

APPENDIX: dict[type[ExchangeError], tuple[int, ...]] = {
    OutcomeUnknown: (-1000, -1006, -1007),
    Transient: (
        -1001, -1003, -1008, -1010, -1011, -1015, -1016, -1021, -4117, -4509, -5028, -5043,
    ),
    AlreadyDone: (-2011, -4046, -4059, -4116, -4130, -4171, -5027),
    CredentialRefused: (-1002, -1022, -1099, -2014, -2015, -2017),
    Blocked: (
        -2023, -2024, -4047, -4048, -4050, -4051, -4067, -4068, -4087, -4088, -4105, -4106, -4107, -4109, -4140,
        -4141, -4161, -4167, -4168, -4169, -4170, -4172, -4189, -4192, -4202, -4203, -4205, -4206, -4208, -4209,
        -4400, -4401, -4402, -4403, -4411, -4425, -4531,
    ),
    Rejected: (
        -1106, -1111, -2018, -2019, -2020, -2021, -2022, -2025, -2027, -2028, -4001, -4002, -4003, -4004, -4005,
        -4013, -4014, -4015, -4016, -4023, -4024, -4028, -4045, -4061, -4062, -4118, -4120, -4131, -4135, -4136,
        -4137, -4138, -4142, -4164, -4183, -4184, -4210, -4211, -5021, -5022, -5029, -5040, -5041, -5047,
        # no class of their own: mistakes in a request, or of another product
        -1004, -1005, -1013, -1014, -1020, -1023, -1100, -1101, -1102, -1103, -1104, -1105, -1108, -1109, -1110,
        -1112, -1113, -1114, -1115, -1116, -1117, -1118, -1119, -1120, -1121, -1122, -1125, -1126, -1127, -1128,
        -1130, -1136, -2010, -2012, -2013, -2016, -2026, -4000, -4006, -4007, -4008, -4009, -4010, -4011, -4012,
        -4017, -4018, -4019, -4020, -4021, -4022, -4025, -4026, -4027, -4029, -4030, -4031, -4032, -4033, -4044,
        -4049, -4052, -4053, -4054, -4055, -4056, -4057, -4058, -4060, -4082, -4083, -4084, -4085, -4086, -4104,
        -4114, -4115, -4139, -4144, -4165, -5024, -5025, -5026, -5037, -5038, -5039,
    ),
}
PAGE = ROOT.parent / "shared" / "reference" / "binance.md"
# The page's word for a class; codes without one are mistakes in a request, but for two of the exchange's operation.
WORDS = {
    "UNKNOWN": OutcomeUnknown, "RETRY": Transient, "DONE?": AlreadyDone, "USER": Blocked, "FATAL": CredentialRefused,
    "FIX": Rejected, "": Rejected,
}
OPERATION = {-1010, -1011}
CODES = [(code, kind) for kind, codes in APPENDIX.items() for code in codes]


def answer(code: int, message: str = "Words.", *, status: int = 400, mutating: bool = True) -> Answer:
    return Answer(status, json.dumps({"code": code, "msg": message}).encode(), mutating)


def raw(status: int, body: str, *, mutating: bool = True) -> Answer:
    return Answer(status, body.encode(), mutating)


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_a_documented_code_means_one_thing_under_any_status(code: int, kind: type[ExchangeError]) -> None:
    assert {kind_of(answer(code, status=status)) for status in (200, 400, 401, 403, 408, 429, 500, 503)} == {kind}
    assert "Please report it" not in str(failure(answer(code)))


@pytest.mark.skipif(not PAGE.exists(), reason="the reference page is not beside the project")
def test_the_page_gives_every_code_the_same_class() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## Appendix A.")[2].partition("## Appendix B.")[0]
    rows = re.findall(r"^\| (-\d+) \|[^|]*\| ?([^|]*?) ?\|", table, re.MULTILINE)
    told = {int(code): Transient if int(code) in OPERATION else WORDS[word] for code, word in rows}
    # -4425 is in the page's list of classes only
    assert told == {code: kind for code, kind in CODES if code != -4425}


def test_the_whole_appendix_is_here_and_no_code_twice() -> None:
    assert len({code for code, _ in CODES}) == len(CODES) == 195


def test_a_key_the_spot_host_does_not_know_is_a_refused_one() -> None:
    assert kind_of(answer(-2008)) is CredentialRefused


def test_no_code_is_in_two_sets() -> None:
    assert sum(len(codes) for codes, _ in CLASSES) == len(frozenset().union(*(codes for codes, _ in CLASSES)))


@pytest.mark.parametrize("code", [-1000, -1006, -1007])
def test_an_unknown_outcome_of_a_read_may_be_read_again(code: int) -> None:
    assert kind_of(answer(code, mutating=False)) is Transient


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Unknown error, please check your request or try again later.", OutcomeUnknown),
        ("Service Unavailable.", Transient),
        ("Internal error; unable to process your request. Please try again.", Transient),
        ("Service Unavailable. The upstream did not answer.", OutcomeUnknown),
        ("Request occur unknown error.", OutcomeUnknown),
        ("Anything else", OutcomeUnknown),
    ],
)
def test_a_503_without_a_known_code_is_told_by_its_words(message: str, kind: type[ExchangeError]) -> None:
    assert kind_of(answer(0, message, status=503)) is kind


@pytest.mark.parametrize("body", ['{"msg": "Service Unavailable."}', "Service Unavailable.\n"])
def test_a_503_needs_no_code_to_be_told_by_its_words(body: str) -> None:
    assert kind_of(raw(503, body)) is Transient


def test_the_code_counts_before_the_status() -> None:
    assert kind_of(answer(-1008, "Request throttled by system-level protection.", status=503)) is Transient


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected), (401, CredentialRefused), (408, OutcomeUnknown), (418, Transient), (429, Transient),
        (451, Blocked), (500, OutcomeUnknown), (502, OutcomeUnknown), (504, OutcomeUnknown), (200, OutcomeUnknown),
    ],
)
def test_an_unknown_code_is_judged_by_the_status(status: int, kind: type[ExchangeError]) -> None:
    assert kind_of(answer(-9999, status=status)) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, OutcomeUnknown), (301, OutcomeUnknown), (400, OutcomeUnknown), (401, OutcomeUnknown), (403, Transient),
        (404, OutcomeUnknown), (407, OutcomeUnknown), (418, Transient), (429, Transient), (451, Blocked),
        (500, OutcomeUnknown), (502, OutcomeUnknown), (503, OutcomeUnknown), (504, OutcomeUnknown),
    ],
)
def test_an_answer_that_is_not_the_exchanges_own_proves_little(status: int, kind: type[ExchangeError]) -> None:
    assert kind_of(raw(status, "<html>Service Temporarily Unavailable</html>")) is kind


@pytest.mark.parametrize("code", [None, "", "many", 1.5, True, [], {}])
def test_a_code_that_is_no_number_is_none(code: object) -> None:
    answered = raw(400, json.dumps({"code": code, "msg": "Words."}))
    assert (kind_of(answered), failure(answered).exchange_code) == (OutcomeUnknown, None)


@pytest.mark.parametrize("code", [200, "200"])
def test_a_success_in_words_is_no_refusal(code: object) -> None:
    assert said({"code": code, "msg": "success"}) == (None, "success")


def test_an_unknown_code_asks_to_be_reported() -> None:
    assert "Please report it" in str(failure(answer(-9999)))


def test_somebody_elses_page_is_named_as_such() -> None:
    assert "was not the exchange" in str(failure(raw(404, "<html>", mutating=False)))
