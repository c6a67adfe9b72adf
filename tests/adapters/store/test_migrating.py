"""Schema steps: resumable, refused backwards, safe for two processes at once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from nof1web.adapters.store.connections import SqliteFile
from nof1web.errors import ConfigError


def steps(*broken: str) -> Migrations:
    """Three steps, each making a table of its name; a broken one fails after that."""
    migrations = Migrations("example")
    for name in ("one", "two", "three"):

        def step(database: Database, name: str = name) -> None:
            database.execute(f"CREATE TABLE {name} (id INTEGER)")
            if name in broken:
                raise RuntimeError("power cut")

        migrations(name=name)(step)
    return migrations


def tables(path) -> list[str]:
    with Database(path) as database:
        return [name for name in database.table_names() if not name.startswith(("_", "sqlite"))]


def test_a_failing_step_leaves_schema_and_record_as_they_were(tmp_path):
    path = tmp_path / "one.db"
    with pytest.raises(RuntimeError):
        SqliteFile(path, steps("two"))
    with Database(path) as database:
        assert [step.name for step in steps().applied(database)] == ["one"]
    assert tables(path) == ["one"]


def test_the_failed_step_is_the_first_to_run_next_time(tmp_path):
    path = tmp_path / "one.db"
    with pytest.raises(RuntimeError):
        SqliteFile(path, steps("two"))
    SqliteFile(path, steps()).close()
    assert tables(path) == ["one", "two", "three"]


def test_a_database_newer_than_the_code_is_refused(tmp_path):
    path = tmp_path / "one.db"
    SqliteFile(path, steps()).close()
    older = Migrations("example")
    older(name="one")(lambda database: None)
    with pytest.raises(ConfigError, match="newer version of nof1web"):
        SqliteFile(path, older)


def test_a_file_put_in_place_while_running_is_migrated_too(tmp_path):
    path = tmp_path / "one.db"
    file = SqliteFile(path, steps())
    file.close()
    path.unlink()
    assert file.rows("SELECT * FROM three") == []
    file.close()


def test_two_processes_that_start_together_make_one_schema(tmp_path):
    code = (
        "import sys; from pathlib import Path; from nof1web.adapters.store.tenant import SqliteTenant;"
        "SqliteTenant('u', Path(sys.argv[1])).chronicle.audit("
        "__import__('datetime').datetime.now(__import__('datetime').UTC), 'a', 'b', {})"
    )
    path = tmp_path / "tenant.db"
    running = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(4)]
    assert [process.wait() for process in running] == [0, 0, 0, 0]
    with Database(path) as database:
        assert database["audit"].count == 4
