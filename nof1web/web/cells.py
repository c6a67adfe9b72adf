"""The figures of positions and orders in tables; a page has thousands of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from flask import Flask
from markupsafe import Markup, escape

from nof1web.core.execution import latency, slippage
from nof1web.core.records import Intent
from nof1web.services.rows import PositionRow
from nof1web.web import numbers

_ORDER = ("entry", "mark", "liquidation", "unrealised", "roe", "margin", "stop", "target")


def figures(row: PositionRow, labels: Mapping[str, str]) -> Markup:
    """Return a position's cells from its entry to its target; `labels` are the columns' names by field."""
    shown = {
        "entry": numbers.price(row.entry),
        "mark": numbers.price(row.mark),
        "liquidation": numbers.price(row.liquidation),
        "unrealised": numbers.change(row.unrealised),
        "roe": numbers.share(row.roe),
        "margin": numbers.money(row.margin),
        "stop": numbers.price(row.stop),
        "target": numbers.price(row.target),
    }
    # Everything in it is escaped: the figures are markup already, the labels are here.
    return Markup("".join(f'<td class="n" data-label="{escape(labels[name])}">{shown[name]}</td>' for name in _ORDER))


def took(intent: Intent) -> int | None:
    """Return how many milliseconds passed from the source's news to the exchange's answer, None when not known."""
    return latency(intent).total


def lost(intent: Intent) -> Decimal | None:
    """Return what the fill lost against the agent's price, in basis points; None without a fill or a price."""
    return slippage(intent).agent


def install(app: Flask) -> None:
    """Give templates the filters."""
    app.jinja_env.filters.update(position_figures=figures, took=took, lost=lost)
