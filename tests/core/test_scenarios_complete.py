"""The table of scenarios is complete: every verdict's code is shown by at least one named row."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from nof1web.core.refusals import Code
from tests.core.stage import TOLD

FOLDER = Path(__file__).parent


def test_every_code_is_shown_by_a_named_scenario() -> None:
    for path in (*FOLDER.glob("test_rules_*.py"), *FOLDER.glob("test_scenarios_*.py")):
        import_module(f"{__package__}.{path.stem}")
    shown = frozenset().union(*TOLD.values())
    assert shown == frozenset(Code), sorted(frozenset(Code) ^ shown)


def test_every_rule_has_tests_named_after_it() -> None:
    texts = [path.read_text().splitlines()[0] for path in FOLDER.glob("test_rules_*.py")]
    numbers = {int(word.strip(",.:")) for text in texts for word in text.split() if word.strip(",.:").isdigit()}
    assert numbers >= set(range(1, 13)), texts
