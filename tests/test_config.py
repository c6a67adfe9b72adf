"""The environment: defaults, what is refused and in which words, keys made once."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from nof1web import config
from nof1web.adapters import bundles
from nof1web.errors import ConfigError
from nof1web.wiring import master
from tests.tools.passwords import derive_lightly

PRODUCTION = {"SECRET_KEY": "signs-cookies-of-tests"}
KEY = bytes(range(200, 232))
TEXT = base64.b64encode(KEY).decode()


def demo(folder: Path, **more: str) -> config.Config:
    return config.load({"NOF1_MODE": "demo", "NOF1_TENANTS_DIR": str(folder), **more})


def production(folder: Path, **more: str) -> config.Config:
    return config.load({**PRODUCTION, "NOF1_TENANTS_DIR": str(folder), **more})


def test_a_demo_points_at_the_built_in_exchange_and_arena(tmp_path):
    made = demo(tmp_path, PORT="9000")
    assert (made.testnet_url, made.feed_url) == ("http://127.0.0.1:9001", "http://127.0.0.1:9001/api")
    assert (made.workers, made.redis_url, made.tenants_dir) == (2, None, tmp_path)


def test_production_points_at_the_official_hosts(tmp_path):
    made = production(tmp_path)
    assert made.live_url.startswith("https://") and made.feed_url == "https://nof1.ai/api"
    assert (made.workers, made.port, made.bind, made.feed_seconds, made.sync_seconds) == (8, 8000, "127.0.0.1", 5, 60)


def test_a_relative_data_folder_lies_in_the_project():
    made = config.load({**PRODUCTION, "NOF1_TENANTS_DIR": "elsewhere"})
    assert made.tenants_dir == config.ROOT / "elsewhere"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NOF1_MODE", "staging"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "eight"),
        ("PORT", "٨٠٠٠"),
        ("NOF1_FEED_SECONDS", "0"),
        ("NOF1_FEED_SECONDS", "1.5"),
        ("NOF1_SYNC_SECONDS", "4"),
        ("NOF1_WORKERS", "-1"),
        ("WEB_CONCURRENCY", "NaN"),
        ("NOF1_PROXY_HOPS", "11"),
        ("NOF1_EGRESS_LIMIT", "99"),
        ("NOF1_EGRESS_IP", "here"),
        ("NOF1_BIND", "example.org"),
        ("NOF1_FEED_URL", "nof1.ai/api"),
        ("NOF1_FEED_URL", "http://nof1.ai/api"),
        ("BINANCE_LIVE_URL", "http://127.0.0.1.example.org"),
        ("BINANCE_TESTNET_URL", "ftp://127.0.0.1"),
        ("BINANCE_SAPI_URL", "https://user:word@host"),
        ("HYPERLIQUID_URL", "https://"),
        ("NOF1_PUBLIC_URL", "mysite"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("REDIS_URL", "sentinel://host/service"),
        ("NOF1_REGISTRATION", "maybe"),
        ("NOF1_LOG_FORMAT", "xml"),
        ("SMTP_URL", "mail.example.org"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "change-me-change-me"),
        ("SECRET_KEY", "aaaaaaaaaaaaaaaaaaaa"),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence_naming_the_variable(tmp_path, name, value):
    with pytest.raises(ConfigError) as refused:
        production(tmp_path, **{name: value})
    assert str(refused.value).startswith(name) and "\n" not in str(refused.value)


def test_a_password_in_a_refused_address_is_not_repeated(tmp_path):
    with pytest.raises(ConfigError) as refused:
        production(tmp_path, NOF1_FEED_PROXY="socks9://anna:open-sesame@host:1")
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001", "http://localhost/api", "http://[::1]:80", "https://x.org/a/"])
def test_http_is_allowed_for_this_machine_only(tmp_path, url):
    assert production(tmp_path, BINANCE_TESTNET_URL=url).testnet_url == url.rstrip("/")


@pytest.mark.parametrize("url", ["redis://h:1/0", "rediss://:pw@h", "unix:///run/r.sock", "sentinel://a:1,b:2/main/0"])
def test_every_kind_of_redis_address_is_taken(tmp_path, url):
    assert production(tmp_path, REDIS_URL=url).redis_url == url


def test_production_needs_a_secret_key(tmp_path):
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        config.load({"NOF1_TENANTS_DIR": str(tmp_path)})


def test_the_demos_secrets_are_made_once_and_readable_by_nobody_else(tmp_path):
    first, second = demo(tmp_path), demo(tmp_path)
    assert first.secret_key == second.secret_key
    assert master.master_keys(first, {}) == master.master_keys(second, {})
    assert {stat.S_IMODE(path.stat().st_mode) for path in first.server_dir.iterdir()} == {0o600}


def test_production_without_a_master_key_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="NOF1_MASTER_KEY"):
        master.master_keys(production(tmp_path), {})


def test_a_master_key_comes_from_variable_or_file(tmp_path):
    made, file = production(tmp_path), tmp_path / "key"
    file.write_text(TEXT + "\n")
    assert master.master_keys(made, {"NOF1_MASTER_KEY": TEXT}) == ({1: KEY}, 1)
    assert master.master_keys(made, {"NOF1_MASTER_KEY_FILE": str(file)}) == ({1: KEY}, 1)


def test_a_passphrase_is_stretched_as_far_as_libsodium_calls_moderate():
    assert (master.WORK, master.MEMORY) == (bundles.WORK, bundles.MEMORY) == (3, 256 * 1024**2)


def test_a_passphrase_gives_the_same_key_again_and_another_one_elsewhere(tmp_path, monkeypatch):
    derive_lightly(monkeypatch)
    spoken = {"NOF1_MASTER_PASSPHRASE": "correct horse battery staple"}
    here, there = production(tmp_path / "a"), production(tmp_path / "b")
    assert master.master_keys(here, spoken) == master.master_keys(here, spoken) != master.master_keys(there, spoken)


def test_the_first_of_several_master_keys_is_current():
    other = base64.b64encode(KEY[::-1]).decode()
    assert master.parse_master_keys(f"2:{other},1:{TEXT}") == ({2: KEY[::-1], 1: KEY}, 2)


@pytest.mark.parametrize(
    "text", ["", "abc", TEXT[:-4], f"1:{TEXT},1:{TEXT}", f"0:{TEXT}", f"x:{TEXT}", TEXT + "!", "A" * 43 + "="]
)
def test_a_master_key_that_is_no_key_is_refused(text):
    with pytest.raises(ConfigError):
        master.parse_master_keys(text)


def test_two_sources_of_the_master_key_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="only one"):
        master.master_keys(production(tmp_path), {"NOF1_MASTER_KEY": TEXT, "NOF1_MASTER_KEY_FILE": "x"})


def test_children_read_the_same_configuration_and_the_web_no_master_key(tmp_path):
    environ = {"NOF1_MODE": "demo", "NOF1_TENANTS_DIR": str(tmp_path), "PORT": "9000", "NOF1_MASTER_KEY": TEXT}
    made = config.load(environ)
    for sees in (True, False):
        child = config.env_for_children(made, master=sees, environ=environ)
        assert config.load(child) == made and ("NOF1_MASTER_KEY" in child) is sees


@pytest.mark.parametrize("mode", ["demo", "production"])
def test_a_data_folder_that_cannot_be_used_is_one_sentence_naming_it(tmp_path, mode):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError) as refused:
        made = config.load({"NOF1_MODE": mode, "NOF1_TENANTS_DIR": str(tmp_path / "file" / "data")} | PRODUCTION)
        master.master_keys(made, {"NOF1_MASTER_PASSPHRASE": "correct horse battery staple"})
    assert str(tmp_path / "file" / "data") in str(refused.value) and "NOF1_TENANTS_DIR" in str(refused.value)


def test_the_data_folder_is_made_for_its_owner_only(tmp_path):
    made = demo(tmp_path / "data")
    master.master_keys(made, {})
    assert {stat.S_IMODE(path.stat().st_mode) for path in (made.tenants_dir, made.server_dir)} == {0o700}


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.0.2.1"])
def test_the_demo_is_for_this_machine_only(tmp_path, bind):
    with pytest.raises(ConfigError, match="NOF1_BIND"):
        demo(tmp_path, NOF1_BIND=bind)
    assert production(tmp_path, NOF1_BIND=bind).bind == bind
