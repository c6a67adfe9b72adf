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


def blank(labels: Mapping[str, str]) -> str:
    """Return the cells of a position from its entry to its target, %s for each figure; `labels` name the columns."""
    named = (str(escape(labels[name])).replace("%", "%%") for name in _ORDER)
    return "".join(f'<td class="n" data-label="{label}">%s</td>' for label in named)


def figures(row: PositionRow, cells: str) -> Markup:
    """Return a position's `cells` with its figures in them."""
    # Everything in it is escaped: the figures are markup already, the labels were escaped with the cells.
    return Markup(
        cells
        % (
            numbers.price(row.entry),
            numbers.price(row.mark),
            numbers.price(row.liquidation),
            numbers.change(row.unrealised),
            numbers.share(row.roe),
            numbers.money(row.margin),
            numbers.price(row.stop),
            numbers.price(row.target),
        )
    )


def took(intent: Intent) -> int | None:
    """Return how many milliseconds passed from the source's news to the exchange's answer, None when not known."""
    return latency(intent).total


def lost(intent: Intent) -> Decimal | None:
    """Return what the fill lost against the agent's price, in basis points; None without a fill or a price."""
    return slippage(intent).agent


def install(app: Flask) -> None:
    """Give templates the filters."""
    app.jinja_env.filters.update(position_cells=blank, position_figures=figures, took=took, lost=lost)
