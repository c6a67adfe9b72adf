"""A credential's name, label and margin mode, changed later: all that was said, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1web.core.records import Tracker
from nof1web.core.settings import of
from nof1web.core.trading import MarginMode
from nof1web.errors import InvalidInput
from nof1web.services import credentials, describing
from nof1web.wiring import Wiring
from tests.services.vaults import fill, give, wired
from tests.web.doubles import MemoryBus, MemoryQueue

ALICE = "u_" + "0" * 16


@pytest.fixture
def p(tenants_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    monkeypatch.setenv("NOF1_MASTER_KEY", "")
    made = wired(tenants_dir)
    made.__dict__.update(bus=MemoryBus(), queue=MemoryQueue())
    fill(made, tenants=1, each=0)
    for name in ("Main", "Second"):
        give(made, ALICE, name)
    with made.tenants(ALICE) as store:
        now = made.clock()
        store.trackers.add(Tracker("t_1", "Main", "T", "nof1", "a", True, now, now, {}))
    return made


def test_name_label_and_margin_mode_are_changed_and_audited(p: Wiring) -> None:
    describing.describe(p, ALICE, "Main", name=" Savings ", label="sub", margin_mode="ISOLATED")
    with p.tenants(ALICE) as store:
        facts, tracker = store.keys.facts("Main"), store.trackers.get("t_1")
    assert credentials.find(p, ALICE, "savings").id == "Main"
    assert facts is not None and tracker is not None
    assert (facts.label, of(tracker).margin_mode) == ("sub", MarginMode.ISOLATED)


def test_what_is_cleared_is_inherited_again(p: Wiring) -> None:
    describing.describe(p, ALICE, "Main", label="main", margin_mode="ISOLATED")
    describing.describe(p, ALICE, "Main", label="", margin_mode="")
    with p.tenants(ALICE) as store:
        facts = store.keys.facts("Main")
        assert facts is not None and facts.label == "" and store.trackers.defaults("Main") == {}


@pytest.mark.parametrize("wrong", [{"name": "second"}, {"name": "x" * 41}, {"label": "big"}, {"margin_mode": "BOTH"}])
def test_one_wrong_field_and_nothing_is_changed(p: Wiring, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        describing.describe(p, ALICE, "Main", **{"name": "Other", "label": "sub", "margin_mode": "CROSSED", **wrong})
    assert set(refused.value.fields) == set(wrong)
    with p.tenants(ALICE) as store:
        facts = store.keys.facts("Main")
        assert facts is not None and facts.label == "" and store.trackers.defaults("Main") == {}
    assert credentials.find(p, ALICE, "Main").name == "Main"
