"""What a refusal says (binance.md §6, Appendix A)."""

from __future__ import annotations

import pytest

from nof1web.sim.refusal import MESSAGES, Refusal
from tests.sim.face import Trader

# Every code of section 6: what a copy trader has to tell apart.
CLASSED = [
    -1000, -1001, -1002, -1003, -1006, -1007, -1008, -1010, -1011, -1015, -1016, -1021, -1022, -1099, -1100,
    -1101, -1102, -1105, -1106, -1111, -1115, -1116, -1117, -1121, -1122, -1128, -1130, -1136, -2008, -2010,
    -2011, -2012, -2013, -2014, -2015, -2016, -2017, -2018, -2019, -2020, -2021, -2022, -2023, -2024, -2025,
    -2026, -2027, -2028, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4016, -4023, -4024, -4028,
    -4045, -4046, -4047, -4048, -4050, -4051, -4056, -4057, -4059, -4060, -4061, -4062, -4067, -4068, -4082,
    -4087, -4088, -4105, -4106, -4107, -4109, -4116, -4117, -4118, -4120, -4130, -4131, -4135, -4136, -4137,
    -4138, -4140, -4141, -4142, -4144, -4161, -4164, -4167, -4168, -4169, -4170, -4171, -4172, -4183, -4184,
    -4189, -4192, -4202, -4203, -4205, -4206, -4208, -4209, -4210, -4211, -4400, -4401, -4402, -4403, -4411,
    -4425, -4509, -4531, -5021, -5022, -5024, -5025, -5026, -5027, -5028, -5029, -5037, -5038, -5039, -5040,
    -5041, -5043, -5047,
]  # fmt: skip


@pytest.mark.parametrize("code", CLASSED)
def test_every_code_has_its_sentence(code: int):
    assert code in MESSAGES
    assert "%s" not in Refusal(code).message


@pytest.mark.parametrize(("code", "status"), [(-1001, 503), (-4192, 400), (-1002, 401), (-5043, 400)])
def test_a_refusal_on_order_carries_the_codes_own_sentence_and_status(btc: Trader, code: int, status: int):
    btc.control("faults", {"kind": "reject", "path": "/fapi/v1/order", "code": code})
    answer = btc.signed("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.001")
    assert (answer.status_code, answer.json) == (status, {"code": code, "msg": MESSAGES[code]})


def test_a_sentence_without_its_values_leaves_their_places_out():
    assert Refusal(-1102).message == "Mandatory parameter was not sent, was empty/null, or malformed."
    assert Refusal(-4028, 7).message == "Leverage 7 is not valid"
