"""Every command's --json keeps to its schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from nof1web import wiring
from nof1web.cli import output
from nof1web.cli.tables import Table
from nof1web.core.trading import Environment
from tests.cli import schemas as s
from tests.cli.conftest import ANNA, MAIN, Console, running
from tests.cli.test_help import COMMANDS

LONG_RUNNING = {"up", "worker", "scheduler", "sim"}
NAMED = s.at_least(credential_id=s.TEXT, name=s.TEXT)
LATER = (
    ("credential key", MAIN, s.at_least(credential_id=s.TEXT, score=s.WHOLE, of=s.WHOLE, points=s.rows(s.ANY))),
    ("credential proxy", MAIN, s.at_least(credential_id=s.TEXT, name=s.TEXT, proxy=s.TEXT)),
    ("credential edit", (*MAIN, "--label", "sub"), s.at_least(name=s.TEXT, label=s.TEXT, margin_mode=s.TEXT)),
    ("credential disarm", MAIN, s.at_least(credential_id=s.TEXT, name=s.TEXT, armed=s.FLAG)),
    ("credential pair", (*ANNA, "--name", "P", "--env", "testnet"), s.at_least(pair_id=s.TEXT, public_key=s.TEXT)),
    ("credential pair", (*ANNA, "--name", "P", "--give-up"), s.exactly(pair_id=s.TEXT, name=s.TEXT, given_up=s.FLAG)),
    ("credential remove", (*MAIN, "--name", "Main"), s.exactly(credential_id=s.TEXT, name=s.TEXT, removed=s.FLAG)),
    ("credential removed", ANNA, s.rows(s.at_least(credential_id=s.TEXT))),
    ("credential removed", (*ANNA, "--credential", "Main"), s.at_least(name=s.TEXT, orders=s.rows(s.ANY))),
    ("rotate-key", ("--tenants",), s.exactly(renewed=s.WHOLE, current=s.WHOLE, secrets=s.WHOLE)),
)
WHOLE_USERS = s.at_least(user_id=s.TEXT, email=s.TEXT)
T = ("--user", "anna@example.org", "--tracker", "T")
SAID = (
    ("user list", (), s.rows(s.USER)),
    ("user quota", ("anna@example.org", "9"), s.QUOTA),
    ("user set", (*ANNA, "max_leverage=9"), s.SETTINGS),
    ("credential list", ANNA, s.rows(s.CREDENTIAL_LISTED)),
    ("credential set", (*MAIN, "max_leverage=8"), s.SETTINGS),
    ("credential enable", MAIN, s.CREDENTIAL),
    ("credential test", MAIN, s.exactly(credential_id=s.TEXT, name=s.TEXT, test=s.TESTED)),
    ("tracker list", ANNA, s.rows(s.TRACKER)),
    ("tracker set", (*T, "max_leverage=7"), s.TRACKER),
    ("tracker preview", T, s.PREVIEW),
    ("tracker stop", T, s.TRACKER),
    ("tracker start", T, s.TRACKER),
    ("token add", (*ANNA, "--name", "A"), s.NEW_TOKEN),
    ("token list", ANNA, s.rows(s.TOKEN)),
    ("token regenerate", (*ANNA, "--token", "A"), s.NEW_TOKEN),
    ("token revoke", (*ANNA, "--token", "A"), s.TOKEN),
    ("poll", (*MAIN, "--dry-run"), s.CYCLE),
    ("start", MAIN, s.CREDENTIAL),
    ("start", (*ANNA, "--all-credentials"), s.MOVED),
    ("poll", MAIN, s.CYCLE),
    ("pause", MAIN, s.CREDENTIAL),
    ("resume", MAIN, s.CREDENTIAL),
    ("close-only", MAIN, s.CREDENTIAL),
    ("halt", MAIN, s.CREDENTIAL),
    ("unhalt", MAIN, s.CREDENTIAL),
    ("halt", ANNA, s.exactly(scope=s.TEXT, halted=s.FLAG)),
    ("unhalt", ANNA, s.exactly(scope=s.TEXT, halted=s.FLAG)),
    ("reconcile", MAIN, s.at_least(drift=s.rows(s.at_least(kind=s.TEXT, symbol=s.TEXT, message=s.TEXT)))),
    ("positions", ANNA, s.rows(s.POSITION)),
    ("positions", (*ANNA, "--targets"), s.rows(s.STANDING)),
    ("orders", ANNA, s.rows(s.ORDER)),
    ("orders", (*ANNA, "--fills"), s.rows(s.FILL)),
    ("orders", (*ANNA, "--open"), s.OPEN_ORDERS),
    ("verdicts", ANNA, s.rows(s.VERDICT)),
    ("verdicts", (*ANNA, "--history"), s.rows(s.VERDICT)),
    ("agents", (), s.rows(s.AGENT)),
    ("status", (), s.STATUS),
    ("migrate", (), s.exactly(tenants=s.WHOLE, steps=s.rows(s.exactly(file=s.TEXT, step=s.TEXT)))),
    ("completion", ("zsh",), s.exactly(shell=s.TEXT, script=s.TEXT)),
    ("flatten", MAIN, s.FLATTENED),
    ("user disable", ("anna@example.org",), s.at_least(user_id=s.TEXT, email=s.TEXT, enabled=s.FLAG)),
    ("user enable", ("anna@example.org",), s.at_least(user_id=s.TEXT, email=s.TEXT, enabled=s.FLAG)),
    ("stop", MAIN, s.CREDENTIAL),
    ("tracker remove", (*T, "--name", "T"), s.REMOVED_TRACKER),
    ("credential disable", MAIN, s.CREDENTIAL),
)  # fmt: skip


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | Table, ...]]:
    """What people would have read of each answer."""
    seen: list[tuple[str | Table, ...]] = []
    emit = output.emit
    monkeypatch.setattr(output, "emit", lambda answer: (seen.append(answer.shown), emit(answer)))
    return seen


def test_what_every_command_answers_keeps_to_its_schema(
    console: Console, environment: dict[str, str], told: list[tuple[str | Table, ...]]
):
    added = console.add_credential()
    valid(added, s.at_least(user_id=s.TEXT, credential_id=s.TEXT, name=s.TEXT, state=s.TEXT, test=s.TESTED))
    wanted = ("existing=copy", "max_signal_age=86400", "price_tolerance=20", "total_margin=400")
    settings = [word for each in wanted for word in ("--set", each)]
    valid(console.add_tracker("--name", "T", "--mode", "trade", *settings), s.TRACKER)
    with running("worker", env=environment) as worker:
        while not any(each["alive"] for each in console.json("status")["workers"]):
            assert worker.poll() is None
        heard, empty, refused = dict[str, str](), list[str](), set[str]()
        for command, options, schema in SAID:
            answer = console.json(*command.split(), *options)
            valid(answer, schema, command)
            empty += [] if answer else [" ".join((command, *options))]
            refused |= {row["code"] for row in answer["verdicts"]} if "--dry-run" in options else set()
            heard[command] = "\n".join(part if isinstance(part, str) else part.text() for part in told[-1])
        doctor = console("doctor", "--json")
    valid(json.loads(doctor.stdout), s.DOCTOR, "doctor")
    assert all(heard.values()) and empty == []
    # A plan that is refused is an answer, too: the command was done (exit code 0).
    assert refused == {"state_stops_all"}
    # What a worker did is said to people, too: a table of what was decided, and one of what was closed.
    assert "BTCUSDT" in heard["poll"] and "The key of Main works, equity " in heard["credential test"]
    assert "Closed" in heard["flatten"] and "BTCUSDT" in heard["flatten"] and "Nothing is left." in heard["flatten"]


def test_what_becomes_of_keys_and_users_keeps_to_its_schema(console: Console, tmp_path: Path):
    console.add_credential()
    several = ("--source", "nof1", "--agent", "alpha", "--credential", "Main")
    followed = s.rows(s.at_least(credential=s.TEXT, **s.TRACKER["properties"]))
    valid(console.json("tracker", "follow-several", *ANNA, *several), followed, "follow-several")
    key, secret = console.key()
    rotated = console("credential", "rotate", *MAIN, "--api-key", key, "--api-secret-stdin", "--json", typed=secret)
    valid(json.loads(rotated.stdout), NAMED if rotated.exit_code == 0 else s.ERROR, "rotate")
    for command, options, schema in LATER:
        valid(console.json(*command.split(), *options), schema, command)
    bundle = str(tmp_path / "anna.bundle")
    typed = "long enough a passphrase\n"
    whole = ("anna@example.org", bundle, "--bundle", "--passphrase-stdin")
    valid(console.json("user", "export", *whole, typed=typed), s.at_least(user_id=s.TEXT, bytes=s.WHOLE), "export")
    removed = console.json("user", "remove", "anna@example.org", "--email", "anna@example.org")
    valid(removed, WHOLE_USERS, "remove")
    valid(console.json("user", "import", bundle, "--passphrase-stdin", typed=typed), WHOLE_USERS, "import")


def test_what_needs_no_worker_or_finds_none_keeps_to_its_schema(console: Console):
    ben = console.json("user", "add", "ben@example.org", "--password-stdin", typed="correct horse\n")
    valid(ben, s.USER, "user add")
    console.add_credential()
    console.add_credential("Second")
    nobody = console("flatten", *ANNA, "--all-credentials", "--json")
    valid(json.loads(nobody.stdout), s.FLATTENED, "flatten")
    valid(console.json("flatten", *ANNA, "--all-credentials", "--cancel"), s.CANCELLED, "flatten --cancel")
    console.json("start", *MAIN)
    valid(json.loads(console("pause", *ANNA, "--all-credentials", "--json").stdout), s.MOVED, "pause")


def test_what_arming_answers_keeps_to_its_schema(console: Console, monkeypatch: pytest.MonkeyPatch):
    added = console.add_credential()
    console.add_tracker("--mode", "trade")
    # The demo takes no live key and arms none: this one's credential is moved to where it could be armed.
    monkeypatch.setattr(wiring.ports(), "demo", False)
    with wiring.ports().tenants(added["user_id"]) as store:
        store.keys.put_environment(added["credential_id"], Environment.LIVE)
    armed = console.json("credential", "arm", *MAIN, "--name", "Main")
    valid(armed, s.ARMED)
    assert armed["armed"] and armed["worst_case"]["trackers"][0]["name"] == "Main / alpha"


def test_what_runs_until_it_is_ended_answers_with_its_schema(console: Console, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nof1web.jobs.worker.run_workers", lambda _config: 0)
    monkeypatch.setattr("nof1web.jobs.scheduler.run_scheduler", lambda _config: 0)
    monkeypatch.setattr("nof1web.sim.server.serve", lambda **_options: None)
    monkeypatch.setattr("nof1web.cli.up.run_up", lambda _config, *, prepare, announce: announce() or 0)
    monkeypatch.setattr("os.umask", lambda mask: mask)
    for name in LONG_RUNNING:
        valid(console.json(name), s.UP if name == "up" else s.STOPPED, name)


def test_a_failure_keeps_to_its_schema(console: Console):
    valid({"error": console.error("credential", "list", "--user", "nobody@example.org")}, s.ERROR)


def test_every_command_has_a_schema():
    known = {command for command, _options, _schema in (*SAID, *LATER)}
    known |= {"doctor", "credential add", "credential arm", "credential rotate", "tracker add"}
    known |= {"tracker follow-several", "user add", "user export", "user import", "user remove", "replay"}
    missing = {" ".join(path) for path in COMMANDS} - known - LONG_RUNNING
    assert missing == set()


def valid(document: object, schema: s.Schema, what: str = "") -> None:
    """Assert that a document keeps to a schema."""
    found = [f"{what} {each.json_path}: {each.message}" for each in Draft202012Validator(schema).iter_errors(document)]
    assert found == []
