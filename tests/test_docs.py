"""The two READMEs say the same things, and only things that exist."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from nof1web import config
from nof1web.cli import nof1

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(readme: str) -> set[str]:
    """The `flask nof1 …` command lines of a README, down to their words."""
    return {" ".join(found.split()[:2]) for found in re.findall(r"flask nof1 ([a-z][a-z -]*)", text(readme))}


@pytest.mark.parametrize("readme", READMES)
def test_every_variable_is_in_the_table_or_not_yet_used(readme: str) -> None:
    read = set(re.findall(r'"((?:NOF1|BINANCE)_[A-Z_]+|SECRET_KEY|REDIS_URL|PORT)"', inspect.getsource(config)))
    named = set(re.findall(r"`((?:NOF1|BINANCE)_[A-Z_]+|SECRET_KEY|REDIS_URL|PORT)(?:=[^`]*)?`", text(readme)))
    assert named <= read, "a variable nobody reads"
    assert {"NOF1_MODE", "SECRET_KEY", "NOF1_MASTER_KEY", "NOF1_TENANTS_DIR", "REDIS_URL", "PORT"} <= named


@pytest.mark.parametrize("readme", READMES)
def test_every_command_named_exists(readme: str) -> None:
    for line in commands(readme):
        first, *rest = line.split()
        assert first in nof1.commands, line
        group = nof1.commands[first]
        if rest and hasattr(group, "commands") and not rest[0].startswith("-"):
            assert rest[0] in group.commands, line


def test_both_readmes_have_the_same_sections_code_and_numbers() -> None:
    english, chinese = (text(name) for name in READMES)
    for pattern in (r"^## ", r"^\* ", r"^\| ", r"^```", r"\d+(?:\.\d+)? (?:ms|s|MB)\b"):
        assert len(re.findall(pattern, english, re.M)) == len(re.findall(pattern, chinese, re.M)), pattern
    assert re.findall(r"`(NOF1_[A-Z_]+)`", english) == re.findall(r"`(NOF1_[A-Z_]+)`", chinese)


@pytest.mark.parametrize("readme", READMES)
def test_every_link_leads_somewhere(readme: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", text(readme)):
        assert target.startswith("https://") or (ROOT / target).exists(), target
