"""Reads a tenant's rows: one pass over a store per page, at live marks where the bus has them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from nof1web.core.records import Epoch
from nof1web.core.settings import of
from nof1web.core.trading import Leg, Position
from nof1web.services import curves
from nof1web.services.books import Book
from nof1web.services.ports import Ports
from nof1web.services.rows import CredentialRow, EpochRow, PositionRow, TrackerRow
from nof1web.services.stores import TenantStore

_ZERO = Decimal(0)
_DAY = timedelta(days=1)
_POINTS = 48


def masked(api_key: str) -> str:
    """Return a key's first and last four characters; a short one is hidden whole."""
    return f"{api_key[:4]}…{api_key[-4:]}" if len(api_key) >= 16 else "…"


def _rests(book: Book, epoch: Epoch | None, leg: Leg) -> Decimal | None:
    """Return the trigger that rests for an epoch, None when there is none."""
    if epoch is None:
        return None
    mine = (epoch.tracker_id, epoch.symbol, epoch.epoch)
    found = [
        p.trigger
        for p in book.protections
        if p.leg is leg and p.status.open and (p.tracker_id, p.symbol, p.epoch) == mine
    ]
    return found[-1] if found else None


def _position(book: Book, epoch: Epoch | None, live: Position | None) -> PositionRow:
    tracker = book.by_id.get(epoch.tracker_id) if epoch else None
    holding = epoch.quantity if epoch else _ZERO
    # A fill is known before the next account sync, so a holding larger than the snapshot's position is the newer truth.
    quantity = live.quantity if live and abs(live.quantity) > abs(holding) else holding
    symbol = live.symbol if live else (epoch.symbol if epoch else "")
    entry = live.entry_price if live else (epoch.entry_price if epoch else None)
    mark = book.mark(symbol) or entry or _ZERO
    entry = entry or mark
    leverage = epoch.leverage if epoch else None
    margin = live.initial_margin if live and live.quantity == quantity else abs(quantity) * entry / (leverage or 1)
    unrealised = quantity * (mark - entry)
    return PositionRow(
        credential_id=book.credential.id,
        credential=book.credential.name,
        environment=book.credential.environment,
        symbol=symbol,
        quantity=quantity,
        holding=holding,
        foreign=_ZERO if epoch and epoch.shadow else quantity - holding,
        entry=entry,
        mark=mark,
        unrealised=unrealised,
        margin=margin,
        roe=unrealised / margin * 100 if margin else None,
        liquidation=live.liquidation if live and live.liquidation else None,
        leverage=leverage,
        stop=_rests(book, epoch, Leg.STOP),
        target=_rests(book, epoch, Leg.TARGET),
        tracker_id=tracker.id if tracker else "",
        tracker=tracker.name if tracker else "",
        source=tracker.source if tracker else "",
        agent=tracker.agent if tracker else "",
        shadow=bool(epoch and epoch.shadow),
        opened_at=epoch.opened_at if epoch else None,
    )


def position_rows(book: Book) -> tuple[PositionRow, ...]:
    """Return the account's positions joined with the holdings in them, then shadow holdings; largest first."""
    if book.rows is None:
        book.rows = _position_rows(book)
    return book.rows


def _position_rows(book: Book) -> tuple[PositionRow, ...]:
    held = [epoch for epoch in book.epochs if epoch.quantity]
    live = {(p.symbol, p.quantity > 0): p for p in book.live if p.quantity}
    rows = []
    for epoch in held:
        rows.append(
            _position(book, epoch, None if epoch.shadow else live.pop((epoch.symbol, epoch.quantity > 0), None))
        )
    rows += [_position(book, None, position) for position in live.values()]
    return tuple(sorted(rows, key=lambda row: (row.shadow, -row.notional, row.symbol)))


def tracker_rows(book: Book) -> tuple[TrackerRow, ...]:
    """Return a credential's trackers with what their epochs occupy."""
    rows = []
    for tracker in book.trackers:
        settings = of(tracker)
        open_epochs = [e for e in book.epochs if e.tracker_id == tracker.id and (e.quantity or e.state.enters)]
        rows.append(
            TrackerRow(
                tracker_id=tracker.id,
                name=tracker.name,
                credential_id=book.credential.id,
                credential=book.credential.name,
                source=tracker.source,
                agent=tracker.agent,
                mode=settings.mode,
                started=tracker.started,
                started_at=tracker.started_at,
                total_margin=settings.total_margin,
                allocation=sum((e.allocation for e in open_epochs), _ZERO),
                open_count=sum(1 for e in open_epochs if e.quantity),
                flow=tracker.flow,
            )
        )
    return tuple(rows)


def equity(book: Book) -> Decimal | None:
    """Return a credential's equity at live marks, wallet + Σ quantity·(mark − entry); None before its first reading."""
    return book.account.wallet + _unrealised(book) if book.account else None


def _unrealised(book: Book) -> Decimal:
    return sum((row.unrealised for row in position_rows(book) if not row.shadow), _ZERO)


def credential_row(p: Ports, store: TenantStore, book: Book, *, drawn: bool = True) -> CredentialRow:
    """Return a credential with its account at live marks.

    Its line of the last day is left empty unless it is to be `drawn`.
    """
    credential, account, now = book.credential, book.account, p.clock()
    flow = book.flow
    positions = [row for row in position_rows(book) if not row.shadow]
    worth = equity(book)
    today = None if worth is None or book.first is None else worth - book.first
    line = curves.sampled(store, credential.id, curves.times(now - _DAY, now, _POINTS)) if drawn else ()
    if worth is not None and drawn:
        line = (*line[:-1], (now, worth))
    return CredentialRow(
        credential_id=credential.id,
        name=credential.name,
        environment=credential.environment,
        state=flow,
        enabled=credential.enabled,
        armed=credential.armed,
        api_key=masked(credential.api_key),
        equity=worth,
        wallet=account.wallet if account else None,
        available=account.available if account else None,
        margin=account.initial_margin if account else None,
        unrealised=_unrealised(book) if account else None,
        today=today,
        hedge=bool(account and account.hedge),
        multi_assets=bool(account and account.multi_assets),
        read_at=account.read_at if account else None,
        tested_at=credential.tested_at,
        last_cycle_at=credential.last_cycle_at,
        last_error=credential.last_error,
        trackers=tracker_rows(book),
        open_count=len(positions),
        held_count=sum(1 for row in positions if row.holding),
        line=line,
        halted_above=flow is not credential.state,
        flattening=book.flattening,
    )


def epoch_rows(book: Book, epochs: Iterable[Epoch]) -> tuple[EpochRow, ...]:
    """Return a tracker's epochs: those that hold something or may still enter, then past ones, newest first."""
    rows = [
        EpochRow(
            symbol=e.symbol,
            epoch=e.epoch,
            state=e.state,
            quantity=e.quantity,
            entry=e.entry_price,
            mark=book.mark(e.symbol),
            leverage=e.leverage,
            agent_quantity=e.reference_quantity,
            allocation=e.allocation,
            shadow=e.shadow,
            opened_at=e.opened_at,
            closed_at=e.closed_at,
        )
        for e in epochs
    ]
    rows.sort(key=lambda row: row.opened_at, reverse=True)
    return tuple(sorted(rows, key=lambda row: not (row.quantity or row.state.enters)))
