"""The embedded server: which binary, where its socket is, what REDIS_URL means."""

from __future__ import annotations

import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.sentinel import SentinelConnectionPool

from nof1web.adapters import embedded_redis as embedded
from nof1web.errors import ConfigError


@dataclass(frozen=True)
class Somewhere:
    tenants_dir: Path
    redis_url: str | None = None


@pytest.fixture
def no_path(monkeypatch):
    monkeypatch.setattr(embedded.shutil, "which", lambda name: None)


def test_an_address_from_the_environment_wins(tmp_path):
    assert embedded.socket_url(Somewhere(tmp_path, "redis://h:1/2")) == "redis://h:1/2"


def test_a_server_on_the_path_is_preferred(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded.shutil, "which", lambda name: f"/opt/{name}" if name == "redis-server" else None)
    assert embedded.command(Somewhere(tmp_path))[0] == "/opt/redis-server"


def test_without_any_server_it_says_what_to_install(tmp_path, no_path, monkeypatch):
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="Install valkey-server"):
        embedded.command(Somewhere(tmp_path))


def test_a_long_path_gets_a_private_short_folder_that_everybody_finds(tmp_path):
    deep = Somewhere(tmp_path / ("d" * 100))
    url = embedded.socket_url(deep)
    folder = Path(url.removeprefix("unix://")).parent
    assert len(url) < 110 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert embedded.socket_url(deep) == url and (deep.tenants_dir / "server" / "redis.path").read_text() == str(folder)
    folder.rmdir()
    assert embedded.socket_url(deep) == url and folder.is_dir()
    folder.rmdir()


def test_a_short_folder_others_may_read_is_refused(tmp_path):
    deep = Somewhere(tmp_path / ("d" * 100))
    folder = Path(embedded.socket_url(deep).removeprefix("unix://")).parent
    folder.chmod(0o755)
    with pytest.raises(ConfigError, match="private"):
        embedded.socket_url(deep)
    folder.rmdir()


def test_the_bundled_server_keeps_what_it_acknowledged_across_a_restart(tmp_path, no_path):
    place = Somewhere(tmp_path)
    for known in (None, b"1"):
        with subprocess.Popen(embedded.command(place), stdout=subprocess.DEVNULL) as server:
            while not embedded.answers(place):
                assert server.poll() is None
            with embedded.connect(place) as redis:
                assert redis.get("kept") == known
                redis.set("kept", 1)
            server.terminate()
    assert not embedded.answers(place)


def test_a_sentinel_address_names_hosts_and_service(tmp_path):
    with embedded.connect(Somewhere(tmp_path, "sentinel://:pw@a:1,b:2/main/3")) as redis:
        pool = redis.connection_pool
        assert isinstance(pool, SentinelConnectionPool) and pool.service_name == "main"
        assert (pool.connection_kwargs["db"], pool.connection_kwargs["password"]) == (3, "pw")
