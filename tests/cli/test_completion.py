"""A shell completes commands, options and the names of people's things."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from nof1web import wiring
from nof1web.cli import nof1
from nof1web.config import ROOT
from tests.cli.conftest import ANNA, MAIN, Console

WHO = "--user anna@example.org"
OFFERED = {
    "positions --user ": ["anna@example.org", "ben@example.org"],
    "positions --user a": ["anna@example.org"],
    "user disable b": ["ben@example.org"],
    "rotate-key --user b": ["ben@example.org"],
    f"pause {WHO} --credential ": ["Main", "Second"],
    f"credential arm {WHO} --credential s": ["Second"],
    f"tracker follow-several {WHO} --credential Main --credential s": ["Second"],
    f"orders {WHO} --tracker ": ["Tested"],
    f"tracker set {WHO} te": ["Tested"],
    f"tracker set {WHO} --tracker Tested te": [],
    f"token revoke {WHO} --token ": ["reports"],
    "agents --source ": ["nof1", "hyperliquid"],
    "tracker add --source nof1 --agent a": ["alpha"],
    "tracker add --source hyperliquid --agent a": [],
    "pause --user ben@example.org --credential ": [],
    "pause --user nobody@example.org --credential ": [],
    "pause --credential ": [],
    "cred": ["credential"],
    "positions --tar": ["--targets"],
}


def completed(line: str) -> list[str]:
    """Return what a shell offers for the last word of what follows `flask nof1`."""
    *words, incomplete = line.split(" ")
    found = ShellComplete(nof1, {}, "nof1", "_NOF1_COMPLETE").get_completions(words, incomplete)
    return [each.value for each in found]


@pytest.fixture
def peopled(console: Console) -> Console:
    """Anna has two credentials, a tracker and a token; Ben has nothing."""
    console.json("user", "add", "ben@example.org", "--password-stdin", typed="correct horse\n")
    for name in ("Main", "Second"):
        console.json("credential", "add", *ANNA, "--name", name, "--env", "paper")
    console.json("tracker", "add", *MAIN, "--source", "nof1", "--agent", "alpha", "--name", "Tested")
    console.json("token", "add", *ANNA, "--name", "reports")
    console.json("token", "add", *ANNA, "--name", "gone")
    console.json("token", "revoke", *ANNA, "--token", "gone")
    return console


def test_names_are_offered_whose_things_they_are(peopled: Console):
    assert {line: completed(line) for line in OFFERED} == OFFERED


def test_a_profile_says_whose_names_are_offered(peopled: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".nof1rc").write_text('[profile.anna]\nuser = "anna@example.org"\n')
    (tmp_path / ".nof1rc").chmod(0o600)
    assert completed("pause --profile anna --credential ") == ["Main", "Second"]


def test_where_nothing_can_be_read_nothing_is_offered(
    peopled: Console, tenants_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    for path in tenants_dir.glob("registry.db*"):
        path.unlink()
    (tenants_dir / "registry.db").write_bytes(b"not a database, only some bytes of text" * 100)
    monkeypatch.setattr(wiring, "_built", {})
    assert completed("positions --user ") == []


def test_each_shell_has_its_script(console: Console):
    for shell in ("bash", "zsh", "fish"):
        script = console.json("completion", shell)["script"]
        assert f"_FLASK_COMPLETE={shell}_complete" in script
        assert console("completion", shell).stdout.strip() == script.strip()


def test_the_shell_asks_flask_itself(peopled: Console, environment: dict[str, str]):
    asked = {"COMP_WORDS": "flask nof1 positions --user b", "COMP_CWORD": "4", "_FLASK_COMPLETE": "bash_complete"}
    words = (Path(sys.executable).with_name("flask"),)
    done = subprocess.run(words, env=environment | asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "plain,ben@example.org\n"
