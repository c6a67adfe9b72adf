"""What every command's --json looks like, as JSON Schema; objects hold exactly these fields unless said otherwise."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MAYBE: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
MONEY: Schema = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$"}
NUMBER: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
MAYBE_NUMBER: Schema = {"type": ["string", "null"], "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
AT: Schema = {"type": "string", "pattern": r"^[0-9-]{10}T[0-9:.]+Z$"}
MAYBE_AT: Schema = {"type": ["string", "null"], "pattern": r"^[0-9-]{10}T[0-9:.]+Z$"}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
ANY: Schema = {}


def exactly(**fields: Schema) -> Schema:
    """Return the schema of an object with exactly these fields."""
    return {"type": "object", "properties": fields, "required": sorted(fields), "additionalProperties": False}


def at_least(**fields: Schema) -> Schema:
    """Return the schema of an object with at least these fields."""
    return exactly(**fields) | {"additionalProperties": True}


def rows(of: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": of}


USER = exactly(user_id=TEXT, email=TEXT, role=TEXT, enabled=FLAG, created_at=AT)
CREDENTIAL = at_least(
    credential_id=TEXT, name=TEXT, environment=TEXT, state=TEXT, enabled=FLAG, armed=FLAG, api_key=TEXT, account=TEXT,
    tested_at=MAYBE_AT, last_cycle_at=MAYBE_AT, last_error=MAYBE,
)  # fmt: skip
MAYBE_MONEY: Schema = {"type": ["string", "null"], "pattern": r"^-?[0-9]+\.[0-9]{2}$"}
CREDENTIAL_LISTED = at_least(
    **CREDENTIAL["properties"], equity=MAYBE_MONEY, wallet=MAYBE_MONEY, available=MAYBE_MONEY, margin=MAYBE_MONEY,
    unrealised=MAYBE_MONEY, today=MAYBE_MONEY, position_mode=TEXT, multi_assets=FLAG, read_at=MAYBE_AT,
    open_positions=WHOLE,
)  # fmt: skip
QUOTA = exactly(user_id=TEXT, credentials=WHOLE, interval=MAYBE_WHOLE, entries_per_hour=MAYBE_WHOLE)
MOVED = exactly(
    done=rows(CREDENTIAL), refused=rows(exactly(credential_id=TEXT, state=TEXT, code=TEXT, message=TEXT))
)  # fmt: skip
WORST_CASE = exactly(
    margin=MONEY, leverage=WHOLE, notional=MONEY, loss_at_stops={"anyOf": [MONEY, {"type": "null"}]}, at_most=MONEY,
    without_stop=rows(TEXT), trackers=rows(exactly(tracker_id=TEXT, name=TEXT)),
)  # fmt: skip
ARMED = exactly(credential_id=TEXT, name=TEXT, armed=FLAG, worst_case=WORST_CASE)
TRACKER = exactly(
    tracker_id=TEXT, name=TEXT, credential_id=TEXT, source=TEXT, agent=TEXT, mode=TEXT, started=FLAG, state=TEXT,
    settings=TEXTS,
)  # fmt: skip
TOKEN = exactly(
    token_id=TEXT, name=TEXT, scopes=rows(TEXT), ending=TEXT, created_at=AT, expires_at=MAYBE_AT,
    last_used_at=MAYBE_AT, revoked_at=MAYBE_AT,
)  # fmt: skip
NEW_TOKEN = exactly(**TOKEN["properties"], token=TEXT)
TESTED = at_least(ok=FLAG, equity=MONEY, available=MONEY, position_mode=TEXT, multi_assets=FLAG, warnings=rows(TEXT))
POSITION = exactly(
    credential=TEXT, credential_id=TEXT, symbol=TEXT, quantity=NUMBER, holding=NUMBER, entry=NUMBER, mark=NUMBER,
    stop=MAYBE_NUMBER, target=MAYBE_NUMBER, unrealised=MONEY, agent=MAYBE, tracker=MAYBE, tracker_id=MAYBE, shadow=FLAG,
)  # fmt: skip
STANDING = exactly(
    credential=TEXT, tracker=TEXT, tracker_id=TEXT, symbol=TEXT, agent_quantity=NUMBER, wanted=MAYBE_NUMBER,
    holding=NUMBER, live=NUMBER, missing=MAYBE_NUMBER, code=TEXT, reason=TEXT,
)  # fmt: skip
ORDER = exactly(
    created_at=AT, credential=TEXT, credential_id=TEXT, environment=TEXT, tracker=TEXT, tracker_id=TEXT, symbol=TEXT,
    kind=TEXT, side=TEXT, quantity=NUMBER, executed=NUMBER, price=MAYBE_NUMBER, mark=NUMBER, leverage=WHOLE,
    status=TEXT, shadow=FLAG, client_order_id=TEXT, exchange_code=MAYBE_WHOLE, explanation=TEXTS, fee=MAYBE_NUMBER,
    latency_ms=exactly(
        seen_to_decided=MAYBE_WHOLE, decided_to_sent=MAYBE_WHOLE, sent_to_acknowledged=MAYBE_WHOLE, total=MAYBE_WHOLE
    ),
    slippage_bps=exactly(agent=MAYBE_NUMBER, mark=MAYBE_NUMBER),
)  # fmt: skip
RESTING = exactly(
    credential=TEXT, credential_id=TEXT, symbol=TEXT, side=TEXT, quantity=NUMBER, executed=NUMBER, whole=FLAG,
    leg=MAYBE, trigger=MAYBE_NUMBER, verified=FLAG, own=FLAG, owner=MAYBE, kind=MAYBE, price=MAYBE_NUMBER,
    tracker=MAYBE, tracker_id=MAYBE, placed_at=AT, client_order_id=TEXT,
)  # fmt: skip
OPEN_ORDERS = exactly(
    orders=rows(RESTING), readings=rows(exactly(credential=TEXT, credential_id=TEXT, read_at=MAYBE_AT))
)
FILL = exactly(
    traded_at=AT, credential=TEXT, credential_id=TEXT, symbol=TEXT, side=TEXT, quantity=NUMBER, price=NUMBER,
    fee=NUMBER, fee_asset=TEXT, realised=MONEY, trade_id=TEXT, order_id=TEXT,
)  # fmt: skip
VERDICT = exactly(
    tracker=TEXT, tracker_id=TEXT, symbol=TEXT, verdict=TEXT, code=TEXT, numbers=TEXTS, message=TEXT, epoch=TEXT,
    decided_at=AT,
)  # fmt: skip
PLANNED = exactly(
    symbol=TEXT, side=TEXT, quantity=NUMBER, mark=NUMBER, notional=MONEY, margin=MONEY, leverage=WHOLE,
    stop=MAYBE_NUMBER, target=MAYBE_NUMBER,
)  # fmt: skip
PREVIEW = exactly(
    orders=rows(PLANNED), refusals=rows(exactly(symbol=TEXT, code=TEXT, message=TEXT)), margin_used=MONEY,
    budget=MONEY, uncovered=rows(TEXT), smallest_budget={"anyOf": [MONEY, {"type": "null"}]},
)  # fmt: skip
CYCLE = exactly(
    cycle_id=TEXT, orders=rows(at_least(tracker=TEXT, symbol=TEXT, kind=TEXT, side=TEXT, quantity=NUMBER, mark=NUMBER)),
    verdicts=rows(exactly(tracker=TEXT, symbol=TEXT, verdict=TEXT, code=TEXT, numbers=TEXTS)),
)  # fmt: skip
AGENT = exactly(
    source=TEXT, agent=TEXT, equity=MONEY, recorded_at=AT, age_s=WHOLE, health=TEXT, unmapped=rows(TEXT),
    positions=rows(at_least(symbol=TEXT, quantity=NUMBER, entry=NUMBER, mark=MAYBE_NUMBER, leverage=WHOLE, since=AT)),
)  # fmt: skip
STATUS = at_least(
    mode=TEXT, redis=FLAG, workers=rows(at_least(name=TEXT, alive=FLAG)), scheduler={"type": ["object", "null"]},
    sources=rows(at_least(source=TEXT, health=MAYBE, age_s=MAYBE_WHOLE, failures=WHOLE)), egress=rows(ANY),
    credentials=rows(at_least(user=TEXT, name=TEXT, state=TEXT, last_cycle_at=MAYBE_AT, last_error=MAYBE)),
)  # fmt: skip
DOCTOR = exactly(
    ok=FLAG, checks=rows(exactly(name=TEXT, good={"type": ["boolean", "null"]}, found=TEXT, todo=MAYBE))
)
CLOSED = rows(at_least(credential=TEXT, tracker=TEXT, symbol=TEXT, quantity=NUMBER))
NOT_DONE = exactly(credential=TEXT, credential_id=TEXT, code=TEXT, message=TEXT)
FLATTENED = exactly(closed=CLOSED, residual=CLOSED, refused=rows(NOT_DONE))
CANCELLED = exactly(cancelled=rows(exactly(credential=TEXT, flatten_id=TEXT, symbol=TEXT)))
SETTINGS = TEXTS
REMOVED_TRACKER = exactly(tracker_id=TEXT, name=TEXT, removed=FLAG)
STOPPED = exactly(process=TEXT, stopped=FLAG)
UP = exactly(url=TEXT, login=exactly(email=TEXT, password=TEXT), exchange_url=TEXT)
ERROR = exactly(error=exactly(code=TEXT, message=TEXT, fields=TEXTS))
