"""Reads of sources in market.db: payloads packed and kept once, by their hash, with the times they were seen.

Payloads of one source resemble each other: each is packed with an earlier one, its base, as dictionary.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from datetime import datetime

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import Columns
from nof1web.adapters.store.connections import SqliteFile
from nof1web.core.readings import Account, Seen
from nof1web.core.signals import Signal
from nof1web.services.stores import Recorded

_LEVEL = 6
_BATCH = 500
_DICTIONARY = 32_768
"""bytes of a base that packing can refer to"""
_REBASED = 500
"""payloads after which another base is taken"""


class SqliteRecordings:
    """services.stores.Recordings."""

    def __init__(self, file: SqliteFile, columns: Columns[Signal]) -> None:
        self._file, self._columns = file, columns
        self._bases: dict[str, tuple[bytes, bytes, int]] = {}

    def put(self, source: str, read: Recorded) -> None:
        """Append a read; a payload that is known already is kept once."""
        digest = None if read.raw is None else hashlib.sha256(read.raw).digest()
        with self._file.transaction():
            if read.raw is not None and digest is not None:
                self._put_payload(source, digest, read.raw)
            row = {"source": source, "at": units.to_micros(read.at), "hash": digest, "again": int(read.again)}
            self._file.insert("reads", row)

    def between(self, source: str, since: datetime, until: datetime) -> Iterator[Recorded]:
        """Yield the reads from `since` on and before `until`, oldest first, a few hundred in memory at a time."""
        last, start, end = 0, units.to_micros(since), units.to_micros(until)
        while True:
            rows = self._file.rows(
                "SELECT r.id, r.at, r.again, p.body, b.body AS base FROM reads r"
                " LEFT JOIN payloads p ON p.hash = r.hash LEFT JOIN payloads b ON b.hash = p.base"
                " WHERE r.source = ? AND r.at >= ? AND r.at < ? AND r.id > ? ORDER BY r.id LIMIT ?",
                (source, start, end, last, _BATCH),
            )
            for row in rows:
                raw = None if row["body"] is None else _unpacked(row["body"], row["base"])
                yield Recorded(units.from_micros(row["at"]), raw, bool(row["again"]))
            if len(rows) < _BATCH:
                return
            last = rows[-1]["id"]

    def checkpoint(self, at: datetime, seen: Seen) -> None:
        """Keep what was known of a source before the read at this time."""
        signals = [self._columns.values(signal) for signal in seen.signals.values()]
        accounts = {name: [each.agent, units.to_micros(each.began_at)] for name, each in seen.accounts.items()}
        text = units.to_json({"signals": signals, "accounts": accounts, "failures": seen.failures})
        row = {"source": seen.source, "at": units.to_micros(at), "seen": text}
        self._file.insert("checkpoints", row, replacing=("source", "at"))

    def seen_at(self, source: str, at: datetime) -> tuple[datetime, Seen] | None:
        """Return the newest checkpoint no later than this time; None before the first."""
        row = self._file.row(
            "SELECT at, seen FROM checkpoints WHERE source = ? AND at <= ? ORDER BY at DESC LIMIT 1",
            (source, units.to_micros(at)),
        )
        if row is None:
            return None
        kept = units.from_json(row["seen"])
        signals = {signal.agent: signal for signal in map(self._columns.read, kept["signals"])}
        accounts = {name: Account(agent, units.from_micros(at)) for name, (agent, at) in kept["accounts"].items()}
        return units.from_micros(row["at"]), Seen(source, signals, accounts, kept["failures"])

    def last_checkpoint_at(self, source: str) -> datetime | None:
        """Return when the newest checkpoint was made."""
        row = self._file.row("SELECT max(at) AS at FROM checkpoints WHERE source = ?", (source,))
        return None if row is None or row["at"] is None else units.from_micros(row["at"])

    def checkpoints(self, source: str, since: datetime, until: datetime) -> Iterator[tuple[datetime, Seen]]:
        """Yield the checkpoints after `since` and before `until`, oldest first, one in memory at a time."""
        last, end = units.to_micros(since), units.to_micros(until)
        while row := self._file.row(
            "SELECT at FROM checkpoints WHERE source = ? AND at > ? AND at < ? ORDER BY at LIMIT 1", (source, last, end)
        ):
            last = row["at"]
            found = self.seen_at(source, units.from_micros(last))
            if found is not None:
                yield found

    def forget(self, before: datetime) -> int:
        """Drop reads and checkpoints from before this time, and payloads nobody refers to; return how many reads.

        Reads up to the first kept checkpoint go too: what was known before them is known no more.
        """
        micros = units.to_micros(before)
        with self._file.transaction():
            self._file.change("DELETE FROM checkpoints WHERE at < ?", (micros,))
            firsts = self._file.rows("SELECT source, min(at) AS at FROM checkpoints GROUP BY source", ())
            gone = sum(
                self._file.change("DELETE FROM reads WHERE source = ? AND at < ?", (row["source"], row["at"]))
                for row in firsts
            )
            gone += self._file.change("DELETE FROM reads WHERE at < ?", (micros,))
            if gone:
                self._file.change(_DROP_PAYLOADS + " AND hash NOT IN (SELECT base FROM payloads WHERE base NOT NULL)")
        return gone

    def _put_payload(self, source: str, digest: bytes, raw: bytes) -> None:
        base = self._base(source, len(raw))
        values = {"hash": digest, "body": _packed(raw, base[1] if base else b""), "base": base[0] if base else None}
        if self._file.insert("payloads", values, unless=("hash",)) and base is None:
            self._bases[source] = (digest, raw[:_DICTIONARY], _REBASED)

    def _base(self, source: str, size: int) -> tuple[bytes, bytes] | None:
        """The hash and the dictionary of this process's present base; None when a payload of this size is to be one."""
        digest, dictionary, left = self._bases.get(source, (b"", b"", 0))
        # What tells of few agents says nothing of how the others look.
        meagre = 2 * len(dictionary) < min(size, _DICTIONARY)
        kept = left and not meagre and self._file.row("SELECT 1 FROM payloads WHERE hash = ?", (digest,))
        if not kept:
            return None
        self._bases[source] = (digest, dictionary, left - 1)
        return digest, dictionary


_DROP_PAYLOADS = "DELETE FROM payloads WHERE hash NOT IN (SELECT hash FROM reads WHERE hash NOT NULL)"


def _packed(raw: bytes, dictionary: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zdict=dictionary) if dictionary else zlib.compressobj(_LEVEL)
    return packer.compress(raw) + packer.flush()


def _unpacked(body: bytes, base: bytes | None) -> bytes:
    unpacker = zlib.decompressobj() if base is None else zlib.decompressobj(zdict=zlib.decompress(base)[:_DICTIONARY])
    return unpacker.decompress(body) + unpacker.flush()
