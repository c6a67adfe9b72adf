"""The figures of positions and orders in tables; a page has thousands of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from flask import Flask
from markupsafe import Markup, escape

from nof1web.core.execution import latency, slippage
from nof1web.core.records import Intent
from nof1web.services.rows import PositionRow
from nof1web.web import numbers, spoken

_FIGURES = ("entry", "mark", "liquidation", "unrealised", "roe", "margin", "stop", "target")


@dataclass(frozen=True, slots=True)
class Cells:
    """What all rows of a table of positions share, drawn once: %s stands where a row's own parts go.

    `owner` is the credential's cell, empty where the table is of one credential; `chips` are long, short and shadow.
    """

    owner: str
    head: str
    tail: str
    chips: tuple[Markup, Markup, Markup]
    foreign: str
    own: str
    why: Markup


def rows(
    positions: Iterable[PositionRow], labels: Mapping[str, str], chips: Mapping[str, Markup], *, owner: bool
) -> Markup:
    """Return a table's rows; `labels` are words by name, `chips` those of long, short and shadow."""
    cells, now, locale = _cells(labels, chips, owner=owner), datetime.now(UTC), spoken.locale()
    # Everything in it is escaped: the figures are markup already, the labels were escaped with the cells.
    return Markup("\n".join(_row(each, cells, now, locale) for each in positions))


def _cells(labels: Mapping[str, str], chips: Mapping[str, Markup], *, owner: bool) -> Cells:
    said = {name: escape(label) for name, label in labels.items()}
    label = {name: str(text).replace("%", "%%") for name, text in said.items()}
    columns = "".join(f'<td class="n" data-label="{label[name]}">%s</td>' for name in _FIGURES)
    return Cells(
        owner=f'<td data-label="{label["credential"]}"><a href="/credentials/%s">%s</a></td>' if owner else "",
        head=f'<th scope="row" data-label="{label["symbol"]}">%s%s</th>'
        f'<td data-label="{label["side"]}"><span class="chips">%s%s</span></td>'
        f'<td class="n" data-label="{label["quantity"]}">%s%s</td>{columns}',
        tail=f'<td class="agent-cell" data-label="{label["agent"]}">%s</td>'
        f'<td class="age" data-label="{label["age"]}">%s%s</td>',
        chips=(chips["long"], chips["short"], chips["shadow"]),
        foreign=f'<small class="muted" title="{label["foreign_help"]}">{label["foreign"]} %s</small>',
        own=f'<span class="muted">{said["own"]}</span>',
        why=said["why"],
    )


def _row(row: PositionRow, cells: Cells, now: datetime, locale: str) -> str:
    owner = cells.owner % (escape(row.credential_id), escape(row.credential)) if cells.owner else ""
    long, short, shadow = cells.chips
    head = cells.head % (
        numbers.symbol(row.symbol),
        f' <span class="muted">{row.leverage}x</span>' if row.leverage else "",
        long if row.long else short,
        shadow if row.shadow else "",
        numbers.quantity(row.quantity),
        cells.foreign % (numbers.quantity(row.foreign),) if row.foreign else "",
        *_figures(row),
    )
    opened = '<tr class="shadow">' if row.shadow else "<tr>"
    return f"{opened}{owner}{head}{_tail(row, cells, now, locale)}</tr>"


def _figures(row: PositionRow) -> tuple[Markup, ...]:
    return (
        numbers.price(row.entry),
        numbers.price(row.mark),
        numbers.price(row.liquidation),
        numbers.change(row.unrealised),
        numbers.share(row.roe),
        numbers.money(row.margin),
        numbers.price(row.stop),
        numbers.price(row.target),
    )


def _tail(row: PositionRow, cells: Cells, now: datetime, locale: str) -> str:
    age = numbers.aged(row.opened_at, now, locale) if row.opened_at else "–"
    if not row.tracker_id:
        return cells.tail % (cells.own, age, "")
    tracker, symbol = escape(row.tracker_id), escape(row.symbol)
    spoken = f'{cells.why}<span class="visually-hidden"> {symbol}</span>'
    why = f' <a href="/why?tracker={tracker}&amp;symbol={symbol}">{spoken}</a>'
    return cells.tail % (f'<a href="/trackers/{tracker}">{escape(row.agent)}</a>', age, why)


def took(intent: Intent) -> int | None:
    """Return how many milliseconds passed from the source's news to the exchange's answer, None when not known."""
    return latency(intent).total


def lost(intent: Intent) -> Decimal | None:
    """Return what the fill lost against the agent's price, in basis points; None without a fill or a price."""
    return slippage(intent).agent


def install(app: Flask) -> None:
    """Give templates the filters."""
    app.jinja_env.filters.update(position_rows=rows, took=took, lost=lost)
