"""/metrics: what monitoring reads, and who may."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from nof1web.core.health import Health
from nof1web.errors import Unavailable
from nof1web.services import tokens
from nof1web.services.stores import User
from nof1web.wiring import Wiring

METER = {
    "host": "fapi.example", "egress": "one", "used": 40, "limit_per_minute": 2400, "balance": 400,
    "stopped_until": None,
}  # fmt: skip
FAR = {"REMOTE_ADDR": "192.0.2.7"}


def scraped(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """Every value by name and labels' values, the labels in the order of their names."""
    answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_health_and_age_of_sources_and_agents_are_measured(stranger: FlaskClient) -> None:
    found = scraped(stranger)
    health = {key[1]: value for key, value in found.items() if key[0] == "nof1_source_health" and key[2] == "nof1"}
    assert sum(health.values()) == 1 and set(health) == set(Health)
    ages = [value for key, value in found.items() if key[0] == "nof1_signal_age_seconds"]
    assert ages and min(ages) >= 0 and found["nof1_redis_up",] == found["nof1_scheduler_up",] == 1


def test_a_source_that_was_never_read_has_no_health(stranger: FlaskClient) -> None:
    found = scraped(stranger)
    states = [value for key, value in found.items() if key[0] == "nof1_source_health" and key[2] == "hyperliquid"]
    assert len(states) == 6 and sum(states) == 0


def test_the_weight_used_is_measured(
    stranger: FlaskClient, wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "health", lambda: {"redis": True, "workers": [], "scheduler": None, "egress": [METER]})
    found = scraped(stranger)
    assert found["nof1_weight_used", "one", "fapi.example"] == 40 and found["nof1_workers",] == 0


class Counted:
    """What workers counted."""

    def __init__(self, **counts: dict[str, int]) -> None:
        self._counts = counts

    def read(self, of: str) -> dict[str, int]:
        return self._counts[of]


def test_orders_and_the_lengths_of_cycles_are_counted(
    stranger: FlaskClient, wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(orders={"filled": 7, "-2019": 2}, cycles={"100": 3, "1000": 1, "0": 1, "ms": 41_250})
    monkeypatch.setattr(wiring, "tallies", counted)
    found = scraped(stranger)
    assert (found["nof1_orders_total", "filled"], found["nof1_orders_total", "-2019"]) == (7, 2)
    upto = {key[1]: value for key, value in found.items() if key[0] == "nof1_cycle_duration_seconds_bucket"}
    assert (upto["0.05"], upto["0.1"], upto["0.5"], upto["1.0"], upto["30.0"], upto["+Inf"]) == (0, 3, 3, 4, 4, 5)
    assert found["nof1_cycle_duration_seconds_count",] == 5 and found["nof1_cycle_duration_seconds_sum",] == 41.25


def test_what_nobody_counted_is_left_out(
    stranger: FlaskClient, wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        def read(self, of: str) -> dict[str, int]:
            raise Unavailable("It is gone.")

    monkeypatch.setattr(wiring, "tallies", Gone())
    names = {key[0] for key in scraped(stranger)}
    assert "nof1_redis_up" in names and not any("orders" in name or "cycle" in name for name in names)


def test_a_database_that_does_not_answer_leaves_the_rest(
    stranger: FlaskClient, wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise Unavailable("It is locked.")

    monkeypatch.setattr(wiring.market, "source_states", broken)
    names = {key[0] for key in scraped(stranger)}
    assert "nof1_redis_up" in names and "nof1_signal_age_seconds" not in names


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"}])
def test_what_a_proxy_passes_on_is_not_from_here(stranger: FlaskClient, headers: dict[str, str]) -> None:
    assert stranger.get("/metrics", headers=headers).status_code == 403


@pytest.mark.parametrize("peer", ["192.0.2.7", "", "unix:"])
def test_another_machine_is_refused(stranger: FlaskClient, peer: str) -> None:
    assert stranger.get("/metrics", environ_overrides={"REMOTE_ADDR": peer}).status_code == 403


def test_another_machine_may_with_an_administrators_token(stranger: FlaskClient, wiring: Wiring, ann: User) -> None:
    value = tokens.make(wiring, ann.id, name="scrape", scope="read", days=1).value
    asked = {"headers": {"Authorization": f"Bearer {value}"}, "environ_overrides": FAR}
    assert stranger.get("/metrics", **asked).status_code == 403  # type: ignore[arg-type]
    with wiring.registry._file.transaction():
        wiring.registry._file.change("UPDATE users SET role = 'admin' WHERE id = ?", (ann.id,))
    assert stranger.get("/metrics", **asked).status_code == 200  # type: ignore[arg-type]
