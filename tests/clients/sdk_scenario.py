"""The official SDK's long scenario: python -m tests.clients.sdk_scenario URL one-way|hedge."""

from __future__ import annotations

import sys

from tests.clients import (
    sdk_a_market,
    sdk_b_settings,
    sdk_c_orders,
    sdk_d_conditional,
    sdk_e_money,
    sdk_f_errors,
    sdk_g_keys,
    sdk_h_stream,
)
from tests.clients.scenario import play
from tests.clients.sdk_trader import Trader

MODULES = (
    sdk_a_market,
    sdk_b_settings,
    sdk_c_orders,
    sdk_d_conditional,
    sdk_e_money,
    sdk_f_errors,
    sdk_g_keys,
    sdk_h_stream,
)

if __name__ == "__main__":
    play(Trader(*sys.argv[1:]), [module.step for module in MODULES])
