"""The table of scenarios is complete: every verdict's code is really said in a plan of at least one named row.

What a row says is seen while it runs: the fixture `stage` fails it when a code it is named for was not. So every row
plays on that fixture and is run, which is read from its source here, whichever process runs which file.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from nof1web.core.refusals import Code
from tests.core import stage
from tests.core.stage import TOLD

FOLDER = Path(__file__).parent
FILES = sorted(
    path for path in FOLDER.glob("test_*.py") if path.stem.startswith(("test_rules_", "test_scenarios_arena"))
)


def rows(path: Path) -> Iterator[ast.FunctionDef]:
    """Return the tests of a file that are named scenarios."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and any("scenario(" in ast.unparse(each) for each in node.decorator_list):
            yield node


def told() -> dict[str, frozenset[Code]]:
    """Return the codes of every scenario, by its name."""
    modules = {import_module(f"{__package__}.{path.stem}").__name__ for path in FILES}
    return {name: codes for name, codes in TOLD.items() if name.rpartition(".")[0] in modules}


def test_every_code_is_shown_by_a_named_scenario() -> None:
    shown = frozenset().union(*told().values())
    assert shown == frozenset(Code), sorted(frozenset(Code) ^ shown)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_scenario_plays_on_the_stage_that_sees_its_codes_and_is_never_skipped(path: Path) -> None:
    module = import_module(f"{__package__}.{path.stem}").__name__
    names = Counter(row.name for row in rows(path))
    assert {f"{module}.{name}" for name in names} == {name for name in told() if name.startswith(f"{module}.")}
    for row in rows(path):
        assert "stage" in {each.arg for each in row.args.args} and names[row.name] == 1, row.name
        assert row.name.startswith("test_") and not any("skip" in ast.unparse(each) for each in row.decorator_list)
        assert any("stage" in ast.unparse(each) for each in row.body), row.name


def test_a_scenario_that_does_not_say_a_code_it_is_named_for_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stage.TOLD, "row", frozenset({Code.OPENED, Code.CLOSED}))
    stage.require_shown("row", ["open", "close", "on_target"])
    with pytest.raises(AssertionError, match=r"not shown: \['close'\]"):
        stage.require_shown("row", ["open", "on_target"])


def test_every_rule_has_tests_named_after_it() -> None:
    texts = [path.read_text().splitlines()[0] for path in FOLDER.glob("test_rules_*.py")]
    numbers = {int(word.strip(",.:")) for text in texts for word in text.split() if word.strip(",.:").isdigit()}
    assert numbers >= set(range(1, 13)), texts
