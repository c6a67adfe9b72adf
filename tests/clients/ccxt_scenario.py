"""ccxt's long scenario: python -m tests.clients.ccxt_scenario URL one-way|hedge."""

from __future__ import annotations

import sys

from tests.clients import (
    ccxt_a_market,
    ccxt_b_settings,
    ccxt_c_orders,
    ccxt_d_conditional,
    ccxt_e_money,
    ccxt_f_errors,
    ccxt_g_stream,
)
from tests.clients.ccxt_trader import Trader
from tests.clients.scenario import play

MODULES = (
    ccxt_a_market,
    ccxt_b_settings,
    ccxt_c_orders,
    ccxt_d_conditional,
    ccxt_e_money,
    ccxt_f_errors,
    ccxt_g_stream,
)

if __name__ == "__main__":
    play(Trader(*sys.argv[1:]), [module.step for module in MODULES])
