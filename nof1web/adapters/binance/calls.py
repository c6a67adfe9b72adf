"""Every request the client makes: method, path, weight and lane (binance.md §3, §4; DESIGN §5)."""

from __future__ import annotations

from dataclasses import replace

from nof1web.adapters.binance.http import Call

ORDER = "/fapi/v1/order"
ALGO = "/fapi/v1/algoOrder"

TIME = Call("GET", "/fapi/v1/time", 1, "exit")
# An exit needs the step size, so the rules, and the brackets that are read with them, are as urgent as exits.
RULES = Call("GET", "/fapi/v1/exchangeInfo", 1, "exit")
BRACKETS = Call("GET", "/fapi/v1/leverageBracket", 1, "exit")
# Nothing is entered without a price: what everybody needs may not wait behind what each account asks for.
MARKS = Call("GET", "/fapi/v1/premiumIndex", 10, "entry")

ACCOUNT = Call("GET", "/fapi/v3/account", 5, "sync")
# Read before an entry: where the budget is short the last reading serves, and nobody waits for it (DESIGN §5).
ACCOUNT_NOW = replace(ACCOUNT, lane="entry", wait_ms=0)
# A sync waits where it is planned, not in a worker that exits and entries need.
ACCOUNT_IF_ROOM = replace(ACCOUNT, wait_ms=0)
CONFIG = Call("GET", "/fapi/v1/accountConfig", 5, "sync")
MODE = replace(CONFIG, lane="entry")
BALANCE = Call("GET", "/fapi/v3/balance", 5, "sync")
POSITIONS = Call("GET", "/fapi/v3/positionRisk", 5, "sync")
POSITIONS_OF_ONE = replace(POSITIONS, lane="entry")
TRADES = Call("GET", "/fapi/v1/userTrades", 5, "sync")
ORDERS = Call("GET", "/fapi/v1/allOrders", 5, "sync")
RESTRICTIONS = Call("GET", "/sapi/v1/account/apiRestrictions", 1, "sync")
WALLET = Call("GET", "/sapi/v1/account/info", 1, "sync")

SYMBOL_CONFIG = Call("GET", "/fapi/v1/symbolConfig", 5, "entry")
SYMBOL_CONFIGS = replace(SYMBOL_CONFIG, lane="sync")
SET_LEVERAGE = Call("POST", "/fapi/v1/leverage", 1, "entry")
SET_MARGIN_MODE = Call("POST", "/fapi/v1/marginType", 1, "entry")

ENTER = Call("POST", ORDER, 0, "entry", order=True)
EXIT = replace(ENTER, lane="exit")
ORDER_QUERY = Call("GET", ORDER, 1, "exit")
PROTECT = Call("POST", ALGO, 0, "protection", order=True)
UNPROTECT = Call("DELETE", ALGO, 1, "protection")
PROTECTIONS = Call("GET", "/fapi/v1/openAlgoOrders", 40, "sync")
PROTECTIONS_OF_ONE = replace(PROTECTIONS, weight=1, lane="protection")
# Only for a person who looks: last of all, and never waited for in a worker that others need. One list is nothing
# without the other (40 each), so both are paid for before the first is read.
OPEN_ORDERS = Call("GET", "/fapi/v1/openOrders", 80, "read", wait_ms=0)
OPEN_ALGOS = replace(PROTECTIONS, weight=0, lane="read", wait_ms=0)
PROTECTION_QUERY = Call("GET", ALGO, 1, "protection")
