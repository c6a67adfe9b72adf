"""The page activity: what happened, newest first, filtered; and the same as a file."""

from __future__ import annotations

import csv
import io
import json

from flask import Blueprint, Response, render_template, request

from nof1web.services import timelines
from nof1web.services.rows import EventRow
from nof1web.web import access, filters, pages
from nof1web.web.numbers import sentence

bp = Blueprint("activity", __name__)

_EXPORTED = 10_000
_COLUMNS = ("id", "at", "severity", "code", "credential", "symbol", "text")
# A spreadsheet would run what begins like a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@bp.get("/activity")
def page() -> str:
    """Show what happened, newest first."""
    id = filters.asked()
    view = pages.view_of(access.ports(), access.me().id, "activity", id)
    more = {"severities": timelines.severities(), "filtered": filters.without_place(id), "before": filters.before(id)}
    return render_template("activity/page.html", view=view, **more, **pages.context("activity", id))


@bp.get("/activity/<name>")
def fragment(name: str) -> str:
    """Return one fragment of the page."""
    return pages.fragment(access.ports(), access.me().id, name, page="activity", id=filters.asked())


@bp.get("/activity/export")
def export() -> Response:
    """Return the newest 10,000 events the filters let through as a file: CSV, or JSON with `format=json`."""
    wanted = filters.events(filters.asked())
    view = timelines.events(access.ports(), access.me().id, wanted, limit=_EXPORTED)
    rows = [_plain(row) for row in view.rows]
    if request.args.get("format") == "json":
        return _file(json.dumps(rows, ensure_ascii=False), "application/json", "activity.json")
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS)
    writer.writeheader()
    writer.writerows({name: _safe(str(value)) for name, value in row.items()} for row in rows)
    return _file(out.getvalue(), "text/csv; charset=utf-8", "activity.csv")


def _plain(row: EventRow) -> dict[str, object]:
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "severity": str(row.severity),
        "code": row.kind,
        "credential": row.credential,
        "symbol": row.symbol,
        "text": sentence(row.text),
    }


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _file(text: str, kind: str, name: str) -> Response:
    return Response(text, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
