"""One scenario through pages, command line and API: every figure is the same string on all three."""

from __future__ import annotations

import json
import logging
import re
from decimal import Decimal
from typing import Any

import pytest
import structlog
from click.testing import CliRunner

from nof1web import wiring as wired
from nof1web.cli import nof1
from nof1web.services import tokens
from tests.web import seed
from tests.web.api.conftest import Program
from tests.web.conftest import enter

EMAIL = "gil@example.org"
AMOUNTS = ("quantity", "entry", "mark", "unrealised", "stop", "target")


class Faces:
    """The three ways to look at Gil's things."""

    def __init__(self, wiring, app) -> None:
        self.user = seed.person(wiring, EMAIL)
        self.credential, self.tracker = seed.ids(self.user)
        value = tokens.make(wiring, self.user.id, name="all", scope="admin", days=1).value
        self.api = Program(app.test_client(), value)
        self.browser = enter(app.test_client(), EMAIL)

    def cli(self, *args: str) -> Any:
        """Return a command's document."""
        done = CliRunner().invoke(nof1, [*args, "--user", EMAIL, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def figures(self, path: str) -> set[str]:
        """Return every figure of a page."""
        return set(re.findall(r'<data value="([^"]*)"', self.browser.get(path).text))

    def require_rows(self, path: str, rows: list[dict[str, Any]], *names: str) -> None:
        """Assert that each of these has a line of its own on a page, with its symbol and these of its figures."""
        lines = re.findall(r"<tr.*?</tr>", self.browser.get(path).text, re.DOTALL)
        shown = [set(re.findall(r'<data value="([^"]*)"', line)) for line in lines]
        for row in rows:
            wanted = {row[name] for name in ("symbol", *names) if row.get(name)}
            line = next((each for each in shown if wanted <= each), None)
            assert line is not None, (row, wanted)
            shown.remove(line)


@pytest.fixture(scope="module")
def faces(wiring, app) -> Faces:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wired, "_built", {"wiring": wiring})
        yield Faces(wiring, app)
    # The command line sends the log to a stderr that is gone now.
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def by_symbol(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["credential"], row["symbol"], row["shadow"]))


def test_positions(faces):
    api, cli = faces.api.read("/positions")["items"], faces.cli("positions")
    assert by_symbol(api) == by_symbol(cli) and len(api) == 4
    faces.require_rows("/", api, *AMOUNTS)


def test_orders(faces):
    api, cli = faces.api.read("/orders")["items"], faces.cli("orders")
    assert sorted(api, key=str) == sorted(cli, key=str) and len(api) == 4
    faces.require_rows(f"/credentials/{faces.credential}", api, "quantity", "price", "mark", "fee")


def test_what_should_be_held(faces):
    api = faces.api.read(f"/credentials/{faces.credential}/standing")["items"]
    cli = faces.cli("positions", "--targets", "--credential", "Momentum")
    assert sorted(api, key=str) == sorted(cli, key=str) and api
    names = ("agent_quantity", "wanted", "holding", "live", "missing")
    faces.require_rows(f"/credentials/{faces.credential}", api, *names)


def test_verdicts_and_trackers(faces):
    assert sorted(faces.api.read("/verdicts")["items"], key=str) == sorted(faces.cli("verdicts"), key=str)
    assert sorted(faces.api.read("/trackers")["items"], key=str) == sorted(faces.cli("tracker", "list"), key=str)


def test_balances(faces):
    row = faces.api.read(f"/credentials/{faces.credential}")
    shown = faces.figures(f"/credentials/{faces.credential}")
    assert {row[name] for name in ("equity", "available", "unrealised", "margin")} <= shown
    assert {key: row[key] for key in ("name", "environment", "api_key", "tested_at")}.items() <= faces.cli(
        "credential", "list"
    )[0].items()


def test_what_rests_on_the_exchange_is_on_the_page(faces):
    found = faces.api.read(f"/credentials/{faces.credential}/resting")["items"]
    assert found
    faces.require_rows(f"/credentials/{faces.credential}/resting", found, "quantity", "trigger")


def test_totals_are_those_of_the_first_page_and_add_up(faces):
    found = faces.api.read("/totals")["items"]
    names = ("margin", "unrealised", "realised_today", "realised", "fees")
    faces.require_rows("/", [{"equity": row["equity"], **row["sums"]} for row in found], "equity", *names)
    for row in found:
        parts = [each["sums"] for each in row["credentials"]]
        assert all(sum(Decimal(each[name]) for each in parts) == Decimal(row["sums"][name]) for name in names)


def test_a_curve_is_the_pages_and_ends_with_the_total(faces):
    (testnet,) = (row for row in faces.api.read("/totals")["items"] if row["environment"] == "testnet")
    curve = faces.api.read("/curve?of=total:testnet&range=7d")
    assert curve["points"][-1]["equity"] == testnet["equity"]
    assert {curve[name] for name in ("high", "low")} <= faces.figures("/overview/curve?of=total:testnet&range=7d")
    assert faces.api("GET", "/curve?of=c_of_another").status_code == 404


def test_agents(faces):
    cli = json.loads(CliRunner().invoke(nof1, ["agents", "--json"]).stdout)
    api = faces.api.read("/agents")["items"]
    for row in (*api, *cli):
        row.pop("age_s")
    assert sorted(api, key=str) == sorted(cli, key=str)
    assert {row["equity"] for row in api} <= faces.figures("/agents")
    faces.require_rows("/agents", [each for row in api for each in row["positions"]], "quantity", "entry")


def test_an_accounts_equity_of_a_moment_is_the_curves_and_the_pages(faces):
    path = f"/credentials/{faces.credential}"
    readings = faces.api.read(f"{path}/equity?limit=200")["items"]
    points = faces.api.read(f"/curve?of={faces.credential}&range=1d")["points"]
    assert {each["equity"] for each in points[:-1]} <= {each["equity"] for each in readings} and len(points) > 10
    assert points[-1]["equity"] == faces.api.read(path)["equity"]
    faces.require_rows(f"/overview/curve?of={faces.credential}&range=1d", points[-1:], "equity")


def test_a_preview_is_refused_with_the_same_words(faces):
    sent = {"credential": faces.credential, "source": "nof1", "agent": "nobody", "settings": {}}
    api = faces.api("POST", "/preview", json=sent).json
    options = ("--credential", faces.credential, "--source", "nof1", "--agent", "nobody")
    done = CliRunner().invoke(nof1, ["tracker", "add", "--user", EMAIL, *options, "--json"])
    assert json.loads(done.stdout)["error"]["fields"] == api["fields"]


def test_a_change_by_one_is_seen_by_all(faces):
    path = f"/credentials/{faces.credential}"
    assert faces.cli("pause", "--credential", "Momentum")["state"] == faces.api.read(path)["state"] == "paused"
    assert "Paused" in faces.browser.get(path).text
    assert faces.api.do(f"{path}/resume")["state"] == "running"
    assert faces.cli("credential", "list")[0]["state"] == "running"
