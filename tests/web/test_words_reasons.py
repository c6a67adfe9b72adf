"""Every number behind an order or verdict has a name, and every code in it words."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import nof1web
from nof1web.core.refusals import _WORDS, Code
from nof1web.core.settings import SPECS
from nof1web.core.states import CredentialState
from nof1web.web.words_reasons import ANSWERS, FIGURES, REASONS, answers

PACKAGE = Path(nof1web.__file__).parent
NAMES = {"told", "explanation"}


@cache
def trees() -> dict[str, ast.Module]:
    """Return the parsed modules that decide and send, by name."""
    found = [*(PACKAGE / "core").glob("*.py"), *(PACKAGE / "services").glob("*.py")]
    return {path.stem: ast.parse(path.read_text()) for path in found}


def told_keys(tree: ast.AST) -> set[str]:
    """Return the constant keys of what is assigned to, added to or passed as an explanation."""
    keys: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            subscripts = [each for each in targets if isinstance(each, ast.Subscript) and name_of(each.value) in NAMES]
            keys |= {each.slice.value for each in subscripts if isinstance(each.slice, ast.Constant)}
            if any(name_of(each) in NAMES for each in targets):
                keys |= dict_keys(node.value)
        elif explains(node):
            keys |= dict_keys(node)
    return keys


def explains(node: ast.AST) -> bool:
    """Whether a node passes an explanation on, or returns one with more in it."""
    passed = isinstance(node, ast.keyword) and node.arg == "explanation"
    return passed or (isinstance(node, ast.Return) and "told" in ast.unparse(node))


def name_of(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def dict_keys(tree: ast.AST) -> set[str]:
    dicts = (node for node in ast.walk(tree) if isinstance(node, ast.Dict))
    return {key.value for each in dicts for key in each.keys if isinstance(key, ast.Constant)}


EXPLAINING = ("sizing", "gate", "exits", "resizing", "follow", "own_exits", "closing_now", "sending", "settling")


@pytest.mark.parametrize("module", EXPLAINING)
def test_every_number_of_an_explanation_has_a_name(module: str) -> None:
    keys = told_keys(trees()[module])
    assert keys <= REASONS.keys(), keys - REASONS.keys()


def test_the_numbers_of_an_explanation_are_found() -> None:
    found = set().union(*(told_keys(trees()[module]) for module in EXPLAINING))
    assert {"asked", "rounded", "agent_margins", "stop", "cut", "raised", "rest", "order", "reason", "error"} <= found


def test_every_number_of_a_verdict_has_a_name() -> None:
    named = {name for text in _WORDS.values() for name in placeholders(text)}
    said = {
        keyword.arg
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "say"
        for keyword in node.keywords
        if keyword.arg
    }
    assert (named | said) <= FIGURES.keys(), (named | said) - FIGURES.keys()


def placeholders(text: str) -> set[str]:
    return {part.split(")")[0] for part in text.replace("%%", "").split("%(")[1:]}


def test_every_limit_that_can_cut_has_words() -> None:
    cuts = {code for code in Code if code.endswith("_cap")} | {Code.BUDGET_SHORT}
    assert cuts == set(ANSWERS["cut"])


def test_every_choice_and_state_in_a_table_has_words() -> None:
    assert set(SPECS["sizing"].choices) == set(ANSWERS["sizing"])
    assert set(CredentialState) == set(ANSWERS["state"])
    assert set(SPECS["sides"].choices) == set(ANSWERS["sides"]) | {"both"}


def test_what_decides_a_leverage_has_words() -> None:
    texts = {
        node.value
        for module in ("leverage", "sizing")
        for node in ast.walk(trees()[module])
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(ANSWERS["leverage_by"]) <= texts


def test_several_codes_in_one_number_are_told_one_by_one() -> None:
    assert answers("cut", "order_cap,budget_short") == ("Largest order", "Budget")
    assert answers("error", "first, second") == ("first, second",)
    assert answers("leverage_by", "moon") == ("moon",)
