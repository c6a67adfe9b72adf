"""Master and tenant keys renewed under 1,000 credentials, by a process that is killed again and again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nof1web.config import ROOT
from nof1web.errors import Refused, SecretUnreadable
from nof1web.services import rotating
from tests.services.vaults import NEW, OLD, fill, opened, wired

BOTH = f"2:{NEW},1:{OLD}"


@pytest.fixture(autouse=True)
def _own_master(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOF1_MASTER_KEY", "")


def started(folder: Path, statement: int = 0) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.services.vaults", str(folder), str(statement)]
    return subprocess.Popen(command, cwd=ROOT)


def test_after_a_master_rotation_the_old_key_is_not_needed(tenants_dir: Path) -> None:
    fill(wired(tenants_dir), tenants=3, each=2)
    p = wired(tenants_dir, BOTH)
    assert rotating.rotate_master(p).tenants == 3
    assert rotating.rotate_master(p) == rotating.Rotated(0, 3, 0)
    p = wired(tenants_dir, f"2:{NEW}")
    p.require_key()
    assert opened(p) == 6


def test_without_the_old_key_nothing_is_changed(tenants_dir: Path) -> None:
    fill(wired(tenants_dir), tenants=2, each=1)
    with pytest.raises(SecretUnreadable, match="version 1 is missing"):
        rotating.rotate_master(wired(tenants_dir, f"2:{NEW}"))
    assert opened(wired(tenants_dir)) == 2


def test_another_key_under_the_same_number_is_not_called_current(tenants_dir: Path) -> None:
    fill(wired(tenants_dir, OLD), tenants=2, each=1)
    with pytest.raises(SecretUnreadable, match="version 1 is not the one this was sealed under"):
        rotating.rotate_master(wired(tenants_dir, NEW))


def test_a_tenant_whose_current_key_does_not_open_is_told_as_unreadable(tenants_dir: Path) -> None:
    p = wired(tenants_dir)
    fill(p, tenants=2, each=1)
    with p.tenants("u_" + "0" * 16) as store:
        store.keys.replace_data_key(p.vault.new_data_key("u_another"))
    done = rotating.rotate_master(p)
    assert (done.tenants, done.current, [email for email, _why in done.unreadable]) == (0, 1, ["p0@example.org"])


def test_the_master_key_is_not_rotated_under_a_living_worker(
    tenants_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(wired(tenants_dir), tenants=1, each=1)
    p = wired(tenants_dir, BOTH)
    monkeypatch.setattr(p, "health", lambda: {"workers": [{"alive": True}]})
    with pytest.raises(Refused, match=r"1 workers are running.*stop everything"):
        rotating.rotate_master(p)
    assert opened(wired(tenants_dir)) == 1


def test_a_process_left_with_the_old_key_makes_no_new_data_key(tenants_dir: Path) -> None:
    old = wired(tenants_dir)
    assert old.vault is not None
    rotating.rotate_master(wired(tenants_dir, BOTH))
    with pytest.raises(SecretUnreadable, match="version 2 is in use by now"):
        old.vault.new_data_key("u_new")


def test_a_tenants_new_key_leaves_no_byte_of_the_old_one(tenants_dir: Path) -> None:
    p = wired(tenants_dir)
    fill(p, tenants=1, each=3)
    with p.tenants("u_" + "0" * 16) as store:
        before = [store.credentials.data_key(), *(each.sealed for each in store.keys.all_sealed())]
    assert rotating.rotate_tenant(p, "u_" + "0" * 16).secrets == 3
    kept = b"".join(path.read_bytes() for path in tenants_dir.rglob("tenant.db*"))
    assert opened(p) == 3 and not any(old in kept for old in before if old)


def test_a_secret_that_does_not_open_stops_the_tenants_rotation_whole(tenants_dir: Path) -> None:
    p = wired(tenants_dir)
    fill(p, tenants=1, each=2)
    with p.tenants("u_" + "0" * 16) as store:
        first, second = store.keys.all_sealed()
        store.credentials.put_secret(first.credential_id, "api_secret", second.sealed)
        with pytest.raises(SecretUnreadable):
            rotating.rotate_tenant(p, "u_" + "0" * 16)
        assert store.keys.all_sealed()[1] == second


def test_killed_in_any_write_and_run_again_all_thousand_open(tenants_dir: Path) -> None:
    fill(wired(tenants_dir), tenants=5, each=200)
    # In the installation's key, before the first tenant's, between two tenants', inside one's secrets, after them.
    for statement in (1, 3, 150, 209, 700):
        assert started(tenants_dir, statement).wait(60) == -signal.SIGKILL
        assert opened(wired(tenants_dir, BOTH)) == 1000
    assert started(tenants_dir).wait(60) == 0
    assert opened(wired(tenants_dir, f"2:{NEW}")) == 1000


@pytest.mark.long
@pytest.mark.timeout(900)
def test_killed_at_forty_random_moments_all_thousand_open(
    tenants_dir: Path, record_property: Callable[[str, object], None]
) -> None:
    fill(wired(tenants_dir), tenants=50, each=20)
    dice = random.Random(8)
    ended = 0
    for _ in range(40):
        process = started(tenants_dir)
        time.sleep(dice.uniform(0.3, 2.5))
        process.kill()
        ended += process.wait() == 0
        assert opened(wired(tenants_dir, BOTH)) == 1000
    began = time.monotonic()
    assert started(tenants_dir).wait(120) == 0
    record_property("kills inside a rotation, of 40", 40 - ended)
    record_property("seconds of a whole rotation", round(time.monotonic() - began, 1))
    assert opened(wired(tenants_dir, f"2:{NEW}")) == 1000
