"""An account's client is kept between its jobs and dropped as soon as its key or secret is another."""

from __future__ import annotations

import pytest

from nof1web.services.keys import put_secrets
from tests.jobs.world import redis_url, world

__all__ = ["redis_url", "world"]


class Lease:
    """A lease nobody asks anything of."""

    fence, ending = 0, False


@pytest.fixture
def client(world):
    credential = world.credential()

    def of(secret: str = ""):
        if secret:
            with world.w.tenants(world.user_id) as store:
                put_secrets(world.w, store, credential, (secret, ""))
        with world.w.account(world.user_id, credential, Lease()) as ports:
            return ports.exchange

    return of


def test_a_client_is_made_once(client):
    assert client("s" * 64) is client()


def test_a_new_secret_makes_a_new_client(client):
    assert client("s" * 64) is not client("t" * 64)
