"""What the mutation check turns around, and what it says of a mutant no test minds."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.prove.mutants import Mutant, mutants
from tests.prove.prove_mutations import CORE, EQUIVALENT, told
from tests.tools.sources import ROOT


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a >= b", {"a > b", "a < b"}),
        ("a == b", {"a != b"}),
        ("a is not b", {"a is b"}),
        ("a in b", {"a not in b"}),
        ("a < b == c", {"a <= b == c", "a >= b == c", "a < b != c"}),
        ("not a", {"not not a"}),
        ("max(a)", {"min(a)"}),
        ("a - b", {"a + b"}),
        ("a * b", set()),
    ],
)
def test_each_turn_is_tried_once(right: str, wrong: set[str]) -> None:
    found = list(mutants(f"x = {right}"))
    assert {each.wrong for each in found} == wrong and len(found) == len(wrong)
    assert {each.text for each in found} == {f"x = {each}" for each in wrong}


def test_a_mutant_differs_from_its_source_in_one_place() -> None:
    source = "def f(a, b):\n    if a < b:\n        a += 1\n    return max(a, b) - 1"
    texts = [each.text for each in mutants(source)]
    assert len(set(texts)) == len(texts) == 5
    for text in texts:
        pairs = zip(ast.unparse(ast.parse(source)).split(), text.split(), strict=True)
        assert sum(one != other for one, other in pairs) == 1


def test_a_mutant_no_test_minds_is_named_with_its_line() -> None:
    found, left = Mutant(3, "a < b", "a <= b", ""), Mutant(7, "not a", "not not a", "")
    rows = list(told("gate", [found, left, found], [1, 0, -9], 2))
    assert rows == [
        ("mutants of gate.py", "2 of 3 found", "by tests/core in 2 s, 1 because the tests did not end"),
        ("nof1web/core/gate.py:7", "FAILED", "no test minds `not not a` for `not a`"),
    ]


def test_tests_that_ran_against_something_else_prove_nothing() -> None:
    with pytest.raises(RuntimeError):
        list(told("gate", [Mutant(3, "a < b", "a <= b", "")], [99], 2))


@pytest.mark.parametrize(("module", "right", "wrong"), EQUIVALENT)
def test_what_is_excused_is_still_there(module: str, right: str, wrong: str) -> None:
    assert (right, wrong) in turns(module)


@cache
def turns(module: str) -> set[tuple[str, str]]:
    made = mutants((ROOT / CORE / f"{module}.py").read_text(encoding="utf-8"))
    return {(each.right, each.wrong) for each in made}
