"""One file: transactions, damage, rights, threads and forks."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from nof1web.adapters.store.connections import SqliteFile
from nof1web.adapters.store.logs import use_write_ahead_log
from nof1web.adapters.store.migrations import MARKET
from nof1web.errors import ConfigError, Unavailable


@pytest.fixture
def file(tmp_path: Path):
    one = SqliteFile(tmp_path / "one.db", MARKET)
    yield one
    one.close()


def add(file: SqliteFile, source: str) -> None:
    file.insert("source_states", {"source": source, "tried_at": 0, "failures": 0})


def names(file: SqliteFile) -> list[str]:
    return [row["source"] for row in file.rows("SELECT source FROM source_states ORDER BY source")]


def test_a_failed_transaction_undoes_the_nested_one_that_succeeded(file):
    with pytest.raises(KeyError), file.transaction():
        with file.transaction():
            add(file, "inner")
        raise KeyError
    assert names(file) == []


def test_a_failed_nested_transaction_undoes_only_itself(file):
    with file.transaction():
        add(file, "outer")
        with pytest.raises(KeyError), file.transaction():
            add(file, "inner")
            raise KeyError
    assert names(file) == ["outer"]


def test_a_transaction_is_not_seen_elsewhere_before_its_commit(file):
    other = SqliteFile(file.path, MARKET)
    with file.transaction():
        add(file, "a")
        assert names(other) == []
    assert names(other) == ["a"]
    other.close()


def test_a_durable_transaction_is_synchronous_full_and_others_are_not(file):
    def level() -> int:
        return file.row("PRAGMA synchronous")[0]

    with file.transaction(durable=True):
        assert level() == 2
    assert level() == 1
    with file.transaction():
        assert level() == 1


def test_durability_asked_for_too_late_is_refused(file):
    with file.transaction(), pytest.raises(ValueError, match="outermost"), file.transaction(durable=True):
        pass


def test_a_writer_that_waits_too_long_hears_that_the_database_is_busy(file):
    impatient = SqliteFile(file.path, MARKET, busy_ms=1)
    with file.transaction(), pytest.raises(Unavailable, match="busy"):
        add(impatient, "a")
    impatient.close()


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4080])
def test_a_damaged_file_says_to_restore_a_backup(tmp_path, content):
    path = tmp_path / "damaged.db"
    path.write_bytes(content)
    with pytest.raises(Unavailable, match="restore the newest backup"):
        SqliteFile(path, MARKET)


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="can't be written"):
        SqliteFile(tmp_path / "file" / "one.db", MARKET)


def test_a_drive_that_cannot_share_a_write_ahead_log_is_refused(tmp_path):
    connection = sqlite3.connect(":memory:")
    with pytest.raises(ConfigError, match="local disk"):
        use_write_ahead_log(connection, tmp_path)
    connection.close()


def test_files_are_private_even_when_they_were_not(tmp_path):
    path = tmp_path / "loose.db"
    path.touch(mode=0o644)
    file = SqliteFile(path, MARKET)
    add(file, "a")
    assert {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {
        "loose.db": 0o600, "loose.db-wal": 0o600, "loose.db-shm": 0o600,
    }
    file.close()


def test_a_mistake_in_sql_stays_what_it_is(file):
    with pytest.raises(sqlite3.OperationalError):
        file.rows("SELECT nothing FROM nowhere")


def test_threads_take_turns(file):
    def add_ten(thread: int) -> None:
        for number in range(10):
            with file.transaction():
                add(file, f"{thread}-{number}-a")
                add(file, f"{thread}-{number}-b")

    threads = [threading.Thread(target=add_ten, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(file)) == 80


def in_a_fork(work) -> int:
    """Run `work` in a forked child; return 0 when it raised nothing."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_forked_child_writes_through_its_own_connection(file):
    add(file, "parent")
    before = file.rows("SELECT 1") and file._opened
    assert in_a_fork(lambda: add(file, "child")) == 0
    assert names(file) == ["child", "parent"]
    assert file._opened is not before


def test_a_fork_while_another_thread_writes_loses_nothing(file):
    started, forked = threading.Event(), threading.Event()

    def write() -> None:
        with file.transaction():
            add(file, "thread")
            started.set()
            forked.wait(0.2)

    thread = threading.Thread(target=write)
    thread.start()
    started.wait()
    assert in_a_fork(lambda: add(file, "child")) == 0
    forked.set()
    thread.join()
    assert names(file) == ["child", "thread"]


@pytest.mark.parametrize("reopened", [False, True])
def test_what_is_erased_beside_a_reader_is_wiped_from_the_log_by_the_next_who_can(file, reopened):
    with file.transaction():
        add(file, "the-erased-one")
    reader = sqlite3.connect(file.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM source_states").fetchall()
    hasty = SqliteFile(file.path, MARKET, busy_ms=1)
    with hasty.transaction():
        hasty.change("DELETE FROM source_states")
        hasty.erase_behind()
    kept = file.path.with_name("one.db-wal")
    assert b"the-erased-one" in kept.read_bytes() + file.path.read_bytes()
    reader.close()
    if reopened:
        SqliteFile(file.path, MARKET).close()
    else:
        with file.transaction():
            add(file, "another")
    assert b"the-erased-one" not in kept.read_bytes() + file.path.read_bytes()
    hasty.close()


class CutShort:
    """A connection on which one statement is the last thing that happens before a deadline ends the job."""

    def __init__(self, real: sqlite3.Connection, after: str) -> None:
        self.real, self.after = real, after

    @property
    def in_transaction(self) -> bool:
        return self.real.in_transaction

    def execute(self, sql: str) -> sqlite3.Cursor:
        done = self.real.execute(sql)
        if sql == self.after:
            raise TimeoutError
        return done


@pytest.mark.parametrize(("way", "after"), [("view", "BEGIN"), ("transaction", "BEGIN IMMEDIATE")])
def test_a_job_that_is_cut_short_at_the_beginning_leaves_no_transaction_to_the_next(file, monkeypatch, way, after):
    database, cut = file._database(), CutShort(file._database().conn, after)
    with monkeypatch.context() as patched:
        patched.setattr(file, "_database", lambda: SimpleNamespace(conn=cut))
        with pytest.raises(TimeoutError), getattr(file, way)():
            raise AssertionError("it had begun")
    assert not database.conn.in_transaction


def test_what_was_durable_says_nothing_of_the_next(file):
    with file.transaction(durable=True):
        add(file, "a")
    with file.transaction(), pytest.raises(ValueError, match="durable"), file.transaction(durable=True):
        add(file, "b")
