"""Ten people on one installation: nobody sees, opens or reaches anything of anybody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1web import config
from nof1web.core.records import Credential, CredentialState
from nof1web.core.trading import Environment
from nof1web.errors import NotFound, SecretUnreadable
from nof1web.services import credentials, keys, users
from nof1web.services.stores import User
from nof1web.wiring import Wiring

PEOPLE = 10


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Wiring:
    folder = tmp_path_factory.mktemp("tenants")
    return Wiring(config.load({"NOF1_MODE": "demo", "NOF1_TENANTS_DIR": str(folder)}))


@pytest.fixture(scope="module")
def people(wired: Wiring) -> list[User]:
    made = []
    for number in range(PEOPLE):
        person = users.add_user(wired, f"person{number}@example.org", f"a password of {number}")
        with wired.tenants(person.id) as store:
            _give_credential(wired, store, person, number)
        made.append(person)
    return made


def _give_credential(wired: Wiring, store: object, person: User, number: int) -> None:
    wrapped = store.credentials.put_data_key(wired.vault.new_data_key(person.id))
    made = Credential(
        f"c_{number:016}",
        "Main",
        Environment.TESTNET,
        f"key{number}",
        CredentialState.STOPPED,
        True,
        False,
        wired.clock(),
    )
    store.credentials.add(made)
    sealed = wired.vault.seal(
        wrapped, f"secret of {number}", user_id=person.id, credential_id=made.id, field=keys.SECRET
    )
    store.credentials.put_secret(made.id, keys.SECRET, sealed)


def test_everybody_sees_only_their_own(wired: Wiring, people: list[User]) -> None:
    for number, person in enumerate(people):
        assert [each.api_key for each in credentials.listing(wired, person.id)] == [f"key{number}"]


def test_nobody_finds_anybody_elses_by_id(wired: Wiring, people: list[User]) -> None:
    for person in people[1:]:
        with pytest.raises(NotFound):
            credentials.find(wired, person.id, f"c_{0:016}")


def test_everybody_has_a_file_of_their_own(wired: Wiring, people: list[User]) -> None:
    folder = Path(wired.config.tenants_dir)
    assert {path.parent.name for path in folder.glob("*/tenant.db")} == {person.id for person in people}


def test_a_secret_moved_to_another_tenant_does_not_open(wired: Wiring, people: list[User]) -> None:
    thief, victim = people[1], people[0]
    with wired.tenants(victim.id) as store:
        sealed = store.credentials.secret(f"c_{0:016}", keys.SECRET)
    with wired.tenants(thief.id) as store:
        store.credentials.put_secret(f"c_{1:016}", keys.SECRET, sealed)
        credential = store.credentials.get(f"c_{1:016}")
        with pytest.raises(SecretUnreadable):
            keys.open_secret(wired, store, credential)


def test_a_password_opens_only_its_own_login(wired: Wiring, people: list[User]) -> None:
    assert users.authenticate(wired, people[3].email.upper(), "a password of 3") == people[3]
    assert users.authenticate(wired, people[3].email, "a password of 4") is None
    assert users.authenticate(wired, "nobody@example.org", "a password of 3") is None


def test_a_session_ends_when_it_is_closed(wired: Wiring, people: list[User]) -> None:
    token = users.open_session(wired, people[0].id)
    assert users.session_user(wired, token) == people[0]
    users.close_session(wired, token)
    assert users.session_user(wired, token) is None
