"""The exchange's own small site: what this is, prices, and a form for an account with an API key."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from nof1web.sim.local import is_local, only_here
from nof1web.sim.page_texts import TEXTS
from nof1web.sim.render import price
from nof1web.sim.routing import Answer, Call, html_answer

ROOT = Path(__file__).resolve().parents[2]
ASSETS = {
    "/static/sim.css": (ROOT / "static" / "css" / "sim.css", "text/css; charset=utf-8"),
    "/static/sim.js": (ROOT / "static" / "js" / "sim.js", "text/javascript; charset=utf-8"),
}
DEFAULT_BALANCE = "1000"
LEAST_BALANCE, MOST_BALANCE = Decimal(10), Decimal(10_000_000)
_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    # With "no-referrer" a browser would send the form's Origin as null, like one of another site.
    ("Referrer-Policy", "same-origin"),
)


def answer(call: Call) -> Answer:
    """The site's answer to a request outside the exchange's dialect."""
    if call.path in ASSETS and call.method in ("GET", "HEAD"):
        path, content_type = ASSETS[call.path]
        return Answer(path.read_bytes(), 200, content_type, (("Cache-Control", "max-age=300"),))
    if (call.method, call.path) in (("GET", "/"), ("HEAD", "/")):
        return _page(call)
    if (call.method, call.path) == ("POST", "/keys"):
        return _make_key(call) if is_local(call) else only_here()
    return _page(call, template="not_found.html", status=404)


def _make_key(call: Call) -> Answer:
    form = {name: values[-1] for name, values in parse_qs(call.body).items()}
    typed = form.get("balance", "").strip()
    hedge = form.get("mode") == "hedge"
    balance = _balance(typed)
    if balance is None:
        return _page(call, status=422, typed=typed, hedge=hedge, error="balance_error")
    account = call.world.exchange.open_account(balance, hedge=hedge, now_ms=call.now_ms)
    key = call.world.keys.issue(account.account_id, {}, now_ms=call.now_ms)
    return _page(call, template="key.html", key=key, balance=balance, hedge=hedge)


def _balance(typed: str) -> Decimal | None:
    try:
        balance = Decimal(typed)
    except InvalidOperation:
        return None
    return balance if balance.is_finite() and LEAST_BALANCE <= balance <= MOST_BALANCE else None


def _page(call: Call, *, template: str = "page.html", status: int = 200, **values: Any) -> Answer:
    language = _language(call)
    market = call.world.exchange.market
    rows = [
        {
            "symbol": quote.symbol,
            "mark": price(quote.mark, call.instruments[quote.symbol]),
            "last": price(quote.last, call.instruments[quote.symbol]),
            "funding": f"{quote.funding_rate * 100:.4f} %",
        }
        for quote in market.quotes.values()
    ]
    shown = {
        "t": TEXTS[language],
        "language": language,
        "rows": rows,
        "base_url": f"http://{call.environ.get('HTTP_HOST', '')}",
        "typed": DEFAULT_BALANCE,
        "hedge": False,
        "error": "",
        **values,
    }
    return html_answer(_templates().get_template(template).render(shown), status, _HEADERS)


def _language(call: Call) -> str:
    chosen = parse_qs(call.query).get("lang", [""])[-1]
    if chosen in TEXTS:
        return chosen
    accepted = str(call.environ.get("HTTP_ACCEPT_LANGUAGE", "")).lower()
    return "zh" if accepted.startswith("zh") else "en"


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(ROOT / "templates" / "sim"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
