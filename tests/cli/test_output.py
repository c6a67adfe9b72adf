"""Answers and failures: one document, one sentence, the right exit code, no stack trace."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from nof1web.cli.options import read_secret
from nof1web.cli.output import Answer, RootGroup, command, emit, written
from nof1web.cli.tables import Figure, Table
from nof1web.errors import InvalidInput, Refused, Text


@command("good", example="good --size 2")
@click.option("--size", type=int, required=True)
def good(size: int) -> Answer:
    """Answer."""
    return Answer({"size": Decimal(size)}, (f"It is {size}.",))


@command("odd", example="odd")
def odd() -> Answer:
    """Answer with what JSON doesn't know."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return Answer({"at": at, "why": Text("%(n)s left", {"n": 1}), "size": Decimal("1E+3")}, ())


@command("refused", example="refused")
def refused() -> Answer:
    """Refuse."""
    raise Refused("First stop %(name)s.", name="Main")


@command("invalid", example="invalid")
def invalid() -> Answer:
    """Name two wrong fields."""
    fields = {"a": Text("A is wrong."), "b": Text("B must be %(low)s.", {"low": 1})}
    raise InvalidInput("A is wrong.", fields=fields)


@command("broken", example="broken")
def broken() -> Answer:
    """Fail as nobody planned."""
    return Answer(1 // 0, ())


@command("late", example="late")
def late() -> None:
    """Answer, then fail."""
    emit(Answer({"up": True}, ("Up.",)))
    raise Refused("Redis has gone.")


@command("secret", example="secret")
@click.option("--stdin", is_flag=True)
def secret(stdin: bool) -> Answer:
    """Read a secret."""
    return Answer(len(read_secret("--stdin", from_stdin=stdin, prompt="Secret")), ())


@command("named", example="named Main")
@click.argument("name")
def named(name: str) -> Answer:
    """Say a name."""
    return Answer(name, (f"It is {name}.",))


@command("no", example="no Main")
@click.argument("name")
def no(name: str) -> Answer:
    """Refuse a name."""
    raise Refused("Not %(name)s.", name=name)


GROUP = RootGroup("nof1", commands=[named, no, good, odd, refused, invalid, broken, late, secret])


pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture
def tenants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NOF1_MODE", "demo")
    monkeypatch.setenv("NOF1_TENANTS_DIR", str(tmp_path))
    return tmp_path


def run(*args: str, typed: str = "") -> Result:
    return CliRunner().invoke(GROUP, args, input=typed)


def test_json_is_exactly_one_document_with_amounts_as_strings():
    result = run("good", "--size", "2", "--json")
    assert json.loads(result.stdout) == {"size": "2"}
    assert result.exit_code == 0


def test_a_person_reads_the_sentence():
    assert run("good", "--size", "2").stdout == "It is 2.\n"


def test_a_refusal_is_one_sentence_and_exit_1():
    result = run("refused")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "Error: First stop Main.\n")


def test_a_refusal_in_json_has_code_message_and_fields():
    result = run("refused", "--json")
    assert json.loads(result.stdout) == {"error": {"code": "refused", "message": "First stop Main.", "fields": {}}}
    assert result.exit_code == 1


def test_every_wrong_field_has_its_sentence():
    assert json.loads(run("invalid", "--json").stdout)["error"]["fields"] == {"a": "A is wrong.", "b": "B must be 1."}
    assert run("invalid").stderr == "Error: A is wrong.\n  b: B must be 1.\n"


@pytest.mark.parametrize("args", [("good",), ("good", "--size", "x"), ("nonsense",), ("good", "--size", "1", "--odd")])
def test_wrong_usage_is_exit_2_and_a_document_with_json(args):
    assert run(*args).exit_code == 2
    result = run(*args, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "usage"


def test_wrong_usage_names_the_option():
    error = json.loads(run("good", "--json").stdout)["error"]
    assert list(error["fields"]) == ["size"]


def test_a_stack_trace_goes_to_the_log_and_a_sentence_to_the_person(tenants):
    result = run("broken")
    log = tenants / "server" / "cli.log"
    assert result.stderr == f"Error: Something unexpected went wrong. The details are in {log}\n"
    assert "ZeroDivisionError" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_stack_trace_finds_a_place_when_the_configuration_is_wrong(monkeypatch):
    monkeypatch.setenv("NOF1_MODE", "neither")
    result = run("broken", "--json")
    place = Path(json.loads(result.stdout)["error"]["message"].rpartition(" ")[2])
    assert "ZeroDivisionError" in place.read_text()
    place.unlink()


def test_a_failure_after_the_answer_leaves_stdout_one_document():
    result = run("late", "--json")
    assert json.loads(result.stdout) == {"up": True}
    assert (result.exit_code, result.stderr) == (1, "Error: Redis has gone.\n")


def test_a_secret_is_one_line_without_its_newline():
    assert run("secret", "--stdin", "--json", typed="abc\r\nmore\n").stdout == "3\n"


def test_no_secret_without_terminal_or_flag_is_wrong_usage():
    assert run("secret", typed="abc\n").exit_code == 2
    assert run("secret", "--stdin", typed="").exit_code == 2


def test_a_reader_who_hangs_up_is_no_failure():
    code = "from tests.cli.test_output import GROUP; GROUP(['good', '--size', '1'])"
    read, write = os.pipe()
    os.close(read)
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, cwd=root, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_document_writes_times_in_utc_sentences_as_text_and_no_exponent():
    assert json.loads(run("odd", "--json").stdout) == {"at": "2026-01-02T03:04:05Z", "why": "1 left", "size": "1000"}


def test_a_table_shows_names_with_brackets_as_typed():
    assert "[bold]Main" in Table(("Name",), [("[bold]Main",)], "").text()


def test_what_people_typed_never_steers_a_terminal():
    steers = "Main\x1b[31m\u202e\r\x9b2J"
    for shown in (Table(("Name",), [(steers,)], "").text(), run("named", steers).stdout, run("no", steers).stderr):
        assert "Main" in shown and not set("\x1b\u202e\r\x9b") & set(shown)


def test_tables_stand_apart_from_what_is_around_them():
    table, nothing = Table(("A",), [("1",)], "None."), Table(("A",), [], "None.")
    shown = written(("One.", "Two.", table, nothing, table, "Last."))
    assert shown.replace(table.text(), "TABLE") == "One.\nTwo.\n\nTABLE\n\nNone.\n\nTABLE\n\nLast."


def test_a_column_of_times_says_that_they_are_utc():
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert "At (UTC)" in Table(("At", "Name"), [(None, "a"), (at, "b")], "").text()
    assert "UTC" not in Table(("At",), [(None,)], "").text()


def test_a_table_aligns_numbers_to_the_right():
    lines = Table(("Amount", "Name"), [(Figure("1.00"), "a"), (Figure("100.00"), "b")], "").text().splitlines()
    assert next(line for line in lines if line.strip().endswith("a")).startswith("  1.00")


def test_an_empty_table_says_what_to_do():
    assert Table(("Name",), [], "None yet.").text() == "None yet."
