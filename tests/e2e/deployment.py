"""A whole installation of real processes on free ports, driven through HTTP and the command line only."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.e2e.forked import flask
from tests.exchange_process import ExchangeProcess, free_port

ROOT = Path(__file__).parents[2]
EMAIL, PASSWORD = "demo@nof1.local", "demo-demo-demo"
T = TypeVar("T")


def eventually(found: Callable[[], T], *, seconds: float = 60, of: str = "") -> T:
    """Return the first true answer; fail with what was waited for when there is none in time."""
    until = time.monotonic() + seconds
    while True:
        answer = found()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {of}; last answer: {answer!r}")
        time.sleep(0.2)


class Browserless:
    """A person's session over plain HTTP: pages, forms, no scripts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str) -> str:
        """Return a page's HTML."""
        answer = self.session.get(self.url + path, timeout=20)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def post(self, path: str, page: str = "/", **fields: str) -> requests.Response:
        """Send a form with the token of `page`; follows redirects."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page))
        assert token, f"no form on {page}"
        return self.session.post(self.url + path, data={"csrf_token": token.group(1), **fields}, timeout=20)

    def login(self, email: str = EMAIL, password: str = PASSWORD) -> None:
        """Log in through the form."""
        answer = self.post("/login", "/login", email=email, password=password)
        assert answer.status_code == 200 and "/login" not in answer.url, answer.url


class Deployment:
    """What a running installation offers a test."""

    def __init__(self, env: dict[str, str], process: subprocess.Popen[bytes], log: Path) -> None:
        self.env, self.process, self.log = env, process, log
        self.url = f"http://127.0.0.1:{env['PORT']}"
        self.exchange = ExchangeProcess(f"http://127.0.0.1:{env['NOF1_SIM_PORT']}")
        self.first_page_seconds = 0.0

    def answers(self) -> bool:
        """Whether the login page is there."""
        try:
            return requests.get(f"{self.url}/login", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def flask(self, *args: str, stdin: str = "", code: int = 0) -> Any:
        """Run `flask nof1 … --json`; return the document."""
        done = flask(*args, "--json", env=self.env, stdin=stdin)
        assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def person(self) -> Browserless:
        """Return a logged-in session of the demo user."""
        person = Browserless(self.url)
        person.login()
        return person

    def new_key(self, balance: str = "10000", *, hedge: bool = False) -> dict[str, Any]:
        """Let the exchange hand out a key on a new account."""
        key: dict[str, Any] = self.exchange.post("/sim/keys", balance=balance, hedge=hedge)
        return key

    def add_credential(self, name: str, key: dict[str, Any]) -> str:
        """Add a credential by the command line; return its id."""
        answer = self.flask(
            "credential", "add", "--user", EMAIL, "--name", name, "--env", "testnet",
            "--api-key", key["api_key"], "--api-secret-stdin", stdin=key["api_secret"] + "\n",
        )  # fmt: skip
        return str(answer["credential_id"])

    def follow(self, name: str, agent: str, *, balance: str = "10000", **settings: str) -> str:
        """Add a key and a tracker in mode trade and start both; return the exchange's account id."""
        key = self.new_key(balance)
        self.add_credential(name, key)
        self.track(name, agent, **settings)
        return str(key["account_id"])

    def track(self, name: str, agent: str, **settings: str) -> None:
        """Let a credential follow an agent and start it."""
        chosen = {"total_margin": "5000", "interval": "1", "price_tolerance": "20"} | settings
        pairs = [part for key, value in chosen.items() for part in ("--set", f"{key}={value}")]
        wanted = ("--user", EMAIL, "--credential", name)
        self.flask("tracker", "add", *wanted, "--source", "nof1", "--agent", agent, "--mode", "trade", *pairs)
        self.flask("start", *wanted)

    def prices(self, **prices: str) -> None:
        """Set marks and wait until the installation has read them, which it does every few seconds."""
        seen = self.exchange.log()[-1]["n"]
        self.exchange.prices(**prices)
        eventually(lambda: any(row["path"].endswith("/premiumIndex") for row in self.exchange.log(seen)), of="marks")
        time.sleep(0.5)

    def agent(self, agent: str, **coins: dict[str, Any]) -> None:
        """Set an agent's whole book, with an equity of 10000."""
        self.exchange.post(f"/sim/agents/{agent}", equity="10000", positions=coins)

    def quiet(self, agent: str) -> None:
        """Empty an agent's book and wait until the installation believes it, which takes newer records."""
        self.agent(agent)
        eventually(lambda: self._flat(agent), of=f"{agent} flat")

    def _flat(self, agent: str) -> bool:
        (row,) = [row for row in self.flask("agents") if row["agent"] == agent]
        return not row["positions"]

    def positions(self, account: str) -> dict[str, Decimal]:
        """Return what an account holds on the exchange."""
        rows = self.exchange.account(account)["positions"]
        return {row["symbol"]: Decimal(row["positionAmt"]) for row in rows if Decimal(row["positionAmt"])}

    def resting(self, account: str) -> list[tuple[str, Decimal]]:
        """Return type and quantity of the algo orders that wait on the exchange."""
        rows = self.exchange.account(account)["algo_orders"]
        return sorted((row["orderType"], Decimal(row["quantity"])) for row in rows if row["algoStatus"] == "NEW")

    def held(self, name: str) -> dict[str, Decimal]:
        """Return what a credential's trackers believe to hold."""
        rows = self.flask("positions", "--user", EMAIL)
        held = {row["symbol"]: Decimal(row["holding"]) for row in rows if row["credential"] == name}
        return {symbol: quantity for symbol, quantity in held.items() if quantity}

    def children(self) -> dict[int, str]:
        """Return every process below `up`: pid -> command line."""
        command = ["ps", "-ww", "-eo", "pid,ppid,args"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
        parents = {int(pid): (int(ppid), args) for pid, ppid, args in rows}
        below: dict[int, str] = {}
        found = {self.process.pid}
        while found:
            found = {pid for pid, (ppid, _) in parents.items() if ppid in found}
            below |= {pid: parents[pid][1] for pid in found}
        return below


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of an installation of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "FLASK_APP": "wsgi.py",
        "NOF1_MODE": "demo",
        "NOF1_TENANTS_DIR": str(folder / "tenants"),
        "PORT": str(free_port()),
        "NOF1_SIM_PORT": str(free_port()),
        "NOF1_FEED_SECONDS": "1",
        "NOF1_SYNC_SECONDS": "5",
        **more,
    }


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Deployment]:
    """Start `flask nof1 up`, wait until the demo is there, and end it by SIGTERM."""
    env = environment(folder, **more)
    log = folder / "up.log"
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "nof1", "up"], env=env, cwd=ROOT, stdout=out, stderr=out
        )
    deployment = Deployment(env, process, log)
    try:
        eventually(deployment.answers, seconds=60, of="the first page")
        deployment.first_page_seconds = time.monotonic() - began
        eventually(lambda: "nof1web answers at" in log.read_text(), seconds=60, of="the announcement")
        yield deployment
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
