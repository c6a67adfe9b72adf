"""What the tests of the foreign clients themselves rest on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import running


@pytest.mark.parametrize("client", ["ccxt", "sdk", "night"])
def test_no_two_steps_of_a_client_have_one_name(client: str) -> None:
    names = running.step_names(client)
    assert names and len(names) == len(set(names))


def test_without_the_clients_environment_it_is_said_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PYTHON", tmp_path / "python")
    assert "run make test" in running.outcomes("sdk", "hedge", tmp_path)["end"]
