"""Every command's --json keeps to its schema."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from tests.cli import schemas as s
from tests.cli.conftest import ANNA, MAIN, Console, running
from tests.cli.test_help import COMMANDS

LONG_RUNNING = {"up", "worker", "scheduler", "sim"}
"""they answer when they end"""
LIVE_ONLY = {"credential arm"}
"""the demo refuses live credentials: tests/cli/test_keys.py has it"""
NAMED = s.at_least(credential_id=s.TEXT, name=s.TEXT)
LATER = (
    ("credential key", MAIN, s.at_least(credential_id=s.TEXT, score=s.WHOLE, of=s.WHOLE, points=s.rows(s.ANY))),
    ("credential proxy", MAIN, s.at_least(credential_id=s.TEXT, name=s.TEXT, proxy=s.TEXT)),
    ("credential edit", (*MAIN, "--label", "sub"), s.at_least(name=s.TEXT, label=s.TEXT, margin_mode=s.TEXT)),
    ("credential disarm", MAIN, s.at_least(credential_id=s.TEXT, name=s.TEXT, armed=s.FLAG)),
    ("credential pair", (*ANNA, "--name", "P", "--env", "testnet"), s.at_least(pair_id=s.TEXT, public_key=s.TEXT)),
    ("credential remove", (*MAIN, "--name", "Main"), s.exactly(credential_id=s.TEXT, name=s.TEXT, removed=s.FLAG)),
    ("credential removed", ANNA, s.rows(s.at_least(credential_id=s.TEXT))),
    ("rotate-key", ("--tenants",), s.exactly(renewed=s.WHOLE, current=s.WHOLE, secrets=s.WHOLE)),
)
WHOLE_USERS = s.at_least(user_id=s.TEXT, email=s.TEXT)
T = ("--user", "anna@example.org", "--tracker", "T")
SAID = (
    ("user list", (), s.rows(s.USER)),
    ("user disable", ("anna@example.org",), s.at_least(user_id=s.TEXT, email=s.TEXT, enabled=s.FLAG)),
    ("user enable", ("anna@example.org",), s.at_least(user_id=s.TEXT, email=s.TEXT, enabled=s.FLAG)),
    ("user quota", ("anna@example.org", "9"), s.exactly(user_id=s.TEXT, credentials=s.WHOLE)),
    ("user set", (*ANNA, "max_leverage=9"), s.SETTINGS),
    ("credential list", ANNA, s.rows(s.CREDENTIAL)),
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
    ("start", MAIN, s.CREDENTIAL),
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
    ("verdicts", ANNA, s.rows(s.VERDICT)),
    ("verdicts", (*ANNA, "--history"), s.rows(s.VERDICT)),
    ("agents", (), s.rows(s.AGENT)),
    ("status", (), s.STATUS),
    ("migrate", (), s.exactly(tenants=s.WHOLE)),
    ("completion", ("zsh",), s.exactly(shell=s.TEXT, script=s.TEXT)),
    ("flatten", MAIN, s.FLATTENED),
    ("stop", MAIN, s.CREDENTIAL),
    ("tracker remove", (*T, "--name", "T"), s.REMOVED_TRACKER),
    ("credential disable", MAIN, s.CREDENTIAL),
)  # fmt: skip


def test_what_every_command_answers_keeps_to_its_schema(console: Console, environment: dict[str, str]):
    added = console.add_credential()
    valid(added, s.at_least(user_id=s.TEXT, credential_id=s.TEXT, name=s.TEXT, state=s.TEXT, test=s.TESTED))
    settings = ("--set", "existing=copy", "--set", "max_signal_age=86400", "--set", "price_tolerance=20")
    valid(console.add_tracker("--name", "T", "--mode", "trade", *settings), s.TRACKER)
    with running("worker", env=environment) as worker:
        while not any(each["alive"] for each in console.json("status")["workers"]):
            assert worker.poll() is None
        for command, options, schema in SAID:
            valid(console.json(*command.split(), *options), schema, command)
        doctor = console("doctor", "--json")
    valid(json.loads(doctor.stdout), s.DOCTOR, "doctor")


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


def test_a_failure_keeps_to_its_schema(console: Console):
    valid({"error": console.error("credential", "list", "--user", "nobody@example.org")}, s.ERROR)


def test_every_command_has_a_schema():
    known = {command for command, _options, _schema in (*SAID, *LATER)}
    known |= {"doctor", "credential add", "credential rotate", "tracker add", "tracker follow-several"}
    known |= {"user add", "user export", "user import", "user remove", "replay"}
    missing = {" ".join(path) for path in COMMANDS} - known - LONG_RUNNING - LIVE_ONLY
    assert missing == set()


def valid(document: object, schema: s.Schema, what: str = "") -> None:
    """Assert that a document keeps to a schema."""
    found = [f"{what} {each.json_path}: {each.message}" for each in Draft202012Validator(schema).iter_errors(document)]
    assert found == []
