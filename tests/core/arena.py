"""Hours of the first season, from a small table and, where its folder exists, from the captured payloads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from nof1web.adapters.feeds.nof1_wire import parse_reading
from nof1web.core.signals import AgentRecord, RecordedPosition

CAPTURED = Path(__file__).parents[3] / "shared" / "data" / "nof1"
DAYS = ["table", *(["captured"] if CAPTURED.is_dir() else [])]

CLAUDE, DEEPSEEK, GEMINI = "claude-sonnet-4-5", "deepseek-chat-v3.1", "gemini-2.5-pro"
GPT, GROK, BUYNHOLD = "gpt-5", "grok-4", "buynhold_btc"

_TABLE = """
gemini-2.5-pro 0 1760742059.09101 10367.248771
    XRP -5447 2.3345 10 204601548108 2.4293 2.149 | DOGE -15908 0.186343 10 204610969392 0.19769 0.15852
    BTC -0.21 107148 20 204608600170 109838.4 101801.7 | ETH -16.72 3868.7 20 204605840995 3968 3726
    SOL -53.74 184.41 15 204609819475 190.562 172.121 | BNB -14.9 1080.322 10 204607247662 1124.81 995.03
gemini-2.5-pro 1 1760745667.210352 11061.194745
    XRP -5447 2.3345 10 204601548108 2.4293 2.149 | DOGE -15908 0.186343 10 204610969392 0.19769 0.15852
    BTC -0.21 107148 20 204608600170 109838.4 101801.7 | ETH -5.53 3868.7 20 204605840995 3968 3726
    SOL -53.74 184.41 15 204609819475 190.562 172.121 | BNB -14.9 1080.322 10 204607247662 1124.81 995.03
deepseek-chat-v3.1 0 1760742254.393078 9973.90011
    XRP 21622 2.313579 20 204627856228 2.29 2.378 | BTC -0.21 107146 15 204606925687 109024.5 103585.5
    BNB 9.3 1076.6 10 204624767080 1043.2835 1140.083
deepseek-chat-v3.1 1 1760745700.36023 9594.649812
    XRP 9583 2.2977 15 204651407229 2.22415 2.45425 | BTC -0.21 107146 15 204606925687 109024.5 103585.5
    ETH 4.87 3844.03 15 204642361395 3714.95 4227.35 | SOL 81.81 182.8 15 204642432133 176.713 201.081
    BNB 9.3 1076.6 10 204624767080 1043.2835 1140.083
claude-sonnet-4-5 0 1760742664.499721 9911.609547
claude-sonnet-4-5 1 1760746271.64567 9883.4061
    XRP 5164 2.3031 8 204655970889 2.1877 2.6485
claude-sonnet-4-5 40 1760886611.729345 10563.174306
    XRP 5164 2.3031 8 204655970889 2.1877 2.6485 | BTC 0.62 108026 20 206184697385 106361 111000
grok-4 0 1760742035.326711 9858.732055
    XRP -4272 2.3385 10 204601816470 2.43321 2.15253 | DOGE 68396 0.186354 10 204608277516 0.177039 0.214303
    BTC 0.28 107313.6 20 204601751388 105774.5 112218.5 | ETH 5.06 3851.1 15 204621535484 3722.49 4171.75
buynhold_btc 0 1760744436.283548 9972.2996
    BTC 0.09355 106848.5 1 -1 - -
buynhold_btc 1 1760747996.825572 9983.24495
    BTC 0.09355 106848.5 1 -1 - -
gpt-5 41 1760889477.939726 7804.738114
    XRP -7716 2.339594 12 204600432746 2.41611 2.19783 | DOGE -36125 0.193729 10 206123858884 0.197916 0.185463
    BTC -0.13 107067.9 15 204614807391 109362.4 102321.7 | ETH 1.51 3959.1 10 206177771254 3843.1 4259.08
    BNB -6.43 1089 10 204821277108 1131.86 1008
gpt-5 43 1760896771.124913 7567.379906
    XRP -7716 2.339594 12 204600432746 2.41611 2.19783 | BTC 0.11 109001 15 206329904868 106493.55 114129.91
    ETH 1.51 3959.1 10 206177771254 3843.1 4259.08 | BNB 5.54 1128.368 10 206340723154 1087.77 1186.97
"""


def hours(day: str, agent: str, sign: int = 1) -> list[AgentRecord]:
    """Return an agent's records hour by hour, read by the real parser; with sign -1 every position is mirrored."""
    found = sorted(_records(day).get(agent, ()), key=lambda record: record.recorded_at)
    return found if sign > 0 else [replace(each, positions=tuple(map(_mirrored, each.positions))) for each in found]


@cache
def _records(day: str) -> dict[str, tuple[AgentRecord, ...]]:
    found: dict[str, dict[Any, AgentRecord]] = {}
    for document in _payloads(day):
        for record in parse_reading(document, source="nof1", asked=None).records:
            found.setdefault(record.agent, {})[record.recorded_at] = record
    return {agent: tuple(records.values()) for agent, records in found.items()}


def _payloads(day: str) -> Iterator[dict[str, Any]]:
    """One payload per hour: the newest record of an agent is all that a reading keeps."""
    rows = _tabled() if day == "table" else _captured()
    for marker in sorted({row["since_inception_hourly_marker"] for row in rows}):
        served = [row for row in rows if row["since_inception_hourly_marker"] == marker]
        server_ms = int(max(row["timestamp"] for row in served) * 1000) + 60_000
        yield {"accountTotals": served, "lastHourlyMarkerRead": marker, "serverTime": server_ms}


def _captured() -> list[dict[str, Any]]:
    texts = [path.read_text() for path in sorted(CAPTURED.glob("account-totals*.json"))]
    return [row for text in texts for row in json.loads(text, parse_float=Decimal)["accountTotals"]]


def _tabled() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for line in filter(None, _TABLE.splitlines()):
        if line.startswith(" "):
            rows[-1]["positions"] |= {cell.split()[0]: _position(cell.split()) for cell in line.split("|")}
            continue
        agent, marker, timestamp, equity = line.split()
        rows.append(
            {
                "model_id": agent,
                "id": f"{agent}_{marker}",
                "since_inception_hourly_marker": int(marker),
                "timestamp": Decimal(timestamp),
                "dollar_equity": Decimal(equity),
                "total_unrealized_pnl": 0,
                "positions": {},
            }
        )
    return rows


def _position(cells: list[str]) -> dict[str, Any]:
    coin, quantity, entry, leverage, oid, stop, target = cells
    plan = "N/A" if stop == "-" else {"stop_loss": Decimal(stop), "profit_target": Decimal(target)}
    numbers = {"quantity": Decimal(quantity), "entry_price": Decimal(entry), "leverage": int(leverage)}
    return {"symbol": coin, "entry_oid": int(oid), "exit_plan": plan, **numbers}


def _mirrored(position: RecordedPosition) -> RecordedPosition:
    twice = position.entry_price * 2
    stop = None if position.stop is None else twice - position.stop
    target = None if position.target is None else twice - position.target
    return replace(position, quantity=-position.quantity, stop=stop, target=target)
