"""One scenario through pages, command line and API: every figure is the same string on all three."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import structlog
from click.testing import CliRunner

from nof1web import wiring as wired
from nof1web.cli import nof1
from nof1web.core.trading import Fill, Side
from nof1web.services import tokens
from tests.web import seed
from tests.web.api.conftest import Program
from tests.web.conftest import enter

EMAIL = "gil@example.org"
AMOUNTS = ("quantity", "entry", "mark", "unrealised", "stop", "target")


def trade(wiring, user_id: str, credential: str) -> None:
    """Let the account have traded twice: bought with a fee in BNB, sold at a loss."""
    at = datetime.now(UTC)
    bought = Fill(
        "1", "11", "BTCUSDT", Side.BUY, Decimal("0.031"), Decimal("66210.5"), Decimal("0.00182"), "BNB", Decimal(0), at
    )
    sold = replace(
        bought, trade_id="2", side=Side.SELL, price=Decimal("66100.1"), fee=Decimal("0.8195"), fee_asset="USDT",
        realised=Decimal("-3.4224"), traded_at=at + timedelta(seconds=9),
    )  # fmt: skip
    with wiring.tenants(user_id) as store:
        store.journal.add_fills(credential, [bought, sold])


class Faces:
    """The three ways to look at Gil's things."""

    def __init__(self, wiring, app) -> None:
        self.user = seed.person(wiring, EMAIL)
        self.credential, self.tracker = seed.ids(self.user)
        trade(wiring, self.user.id, self.credential)
        value = tokens.make(wiring, self.user.id, name="all", scope="admin", days=1).value
        self.api = Program(app.test_client(), value)
        self.browser = enter(app.test_client(), EMAIL)

    def cli(self, *args: str) -> Any:
        """Return a command's document."""
        done = CliRunner().invoke(nof1, [*args, "--user", EMAIL, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def table(self, *args: str) -> set[str]:
        """Return every word of what a command shows a person."""
        done = CliRunner().invoke(nof1, [*args, "--user", EMAIL])
        assert done.exit_code == 0, done.output
        return set(done.stdout.split())

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


def test_fills(faces):
    api, cli = faces.api.read("/fills")["items"], faces.cli("orders", "--fills")
    assert api == cli == faces.cli("orders", "--fills", "--credential", "Momentum") and len(api) == 2
    assert {row["realised"] for row in api} == {"0.00", "-3.42"}
    faces.require_rows(f"/credentials/{faces.credential}", api, "quantity", "price", "fee", "realised")


@pytest.mark.parametrize(
    ("command", "path", "names"),
    [
        (("positions",), "/positions", (*AMOUNTS, "holding")),
        (("orders",), "/orders", ("quantity", "executed", "price")),
        (("orders", "--fills"), "/fills", ("quantity", "price", "fee", "realised")),
    ],
    ids=["positions", "orders", "fills"],
)
def test_tables_of_the_command_line_show_people_the_same_strings(faces, command, path, names):
    rows = faces.api.read(path)["items"]
    assert rows and {row[name] for row in rows for name in names if row[name]} <= faces.table(*command)


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
    assert faces.cli("credential", "list", "--credential", "Momentum") == [row]
    listed = faces.api.read("/credentials")["items"]
    assert sorted(faces.cli("credential", "list"), key=str) == sorted(listed, key=str) and row in listed
    names = ("equity", "available", "unrealised")
    assert {each[name] for each in listed for name in names if each[name]} <= faces.table("credential", "list")


def test_what_rests_on_the_exchange(faces):
    found = faces.api.read(f"/credentials/{faces.credential}/resting")["items"]
    assert found
    faces.require_rows(f"/credentials/{faces.credential}/resting", found, "quantity", "trigger")
    whose = {"credential": "Momentum", "credential_id": faces.credential}
    cli = faces.cli("orders", "--open", "--credential", "Momentum")["orders"]
    assert sorted(cli, key=str) == sorted((whose | row for row in found), key=str)
    assert {row["trigger"] for row in found if row["trigger"]} <= faces.table("orders", "--open")


def test_totals_are_those_of_the_first_page_and_add_up(faces):
    found = faces.api.read("/totals")["items"]
    names = ("margin", "unrealised", "realised_today", "realised")
    faces.require_rows("/", [{"equity": row["equity"], **row["sums"]} for row in found], "equity", *names)
    assert {row["sums"]["fees"] for row in found} <= faces.figures("/")
    for row in found:
        parts = [each["sums"] for each in row["credentials"]]
        sums = {name: sum(Decimal(each[name]) for each in parts) for name in (*names, "fees")}
        assert sums == {name: Decimal(row["sums"][name]) for name in sums}


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
