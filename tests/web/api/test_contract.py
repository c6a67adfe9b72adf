"""Schemathesis sends what the OpenAPI document allows, and what it doesn't: every answer must be one it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nof1web.services.stores import User
from nof1web.web.api.document import document
from tests.web import seed
from tests.web.api.conftest import Program

if TYPE_CHECKING:
    from schemathesis import Case
    from schemathesis.schemas import APIOperation

METHODS = {"get", "put", "post", "delete", "patch"}
LABELS = [f"{verb.upper()} {path}" for path, verbs in document()["paths"].items() for verb in verbs if verb in METHODS]


@pytest.fixture(scope="module")
def unlimited(program: Program) -> Program:
    program.client.application.config["NOF1_API_PER_MINUTE"] = 10**9
    return program


@pytest.fixture(scope="module")
def operations(unlimited: Program) -> dict[str, APIOperation]:
    """Every operation by its label; loaded here, for whoever collects tests would pay for it."""
    import schemathesis

    schema = schemathesis.openapi.from_dict(document())
    schema.app = unlimited.client.application
    schema.config.update(base_url="http://localhost/api/v1")
    found = {each.ok().label: each.ok() for each in schema.get_all_operations()}
    assert found.keys() == set(LABELS)
    return found


def sent(operation: APIOperation, real: dict[str, str], program: Program, examples: int) -> None:
    """Send so many requests that the document allows, half of them about things that exist, and so many it doesn't."""
    from schemathesis import GenerationMode

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        of_mode(operation, mode, real if mode is GenerationMode.POSITIVE else {}, program, examples)


def of_mode(operation: APIOperation, mode: object, real: dict[str, str], program: Program, examples: int) -> None:
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def send(case: Case, known: bool) -> None:
        if known and real:
            case.path_parameters = {name: real.get(name, value) for name, value in (case.path_parameters or {}).items()}
        # What a schema allows may still be refused in words: an agent nobody knows, a name that is taken.
        case.call_and_validate(
            app=program.client.application,
            headers={"Authorization": f"Bearer {program.token}"},
            excluded_checks=[positive_data_acceptance],
        )

    send()


def test_the_document_is_openapi() -> None:
    import schemathesis

    schemathesis.openapi.from_dict(document()).validate()
    assert document()["openapi"] == "3.1.0"


@pytest.mark.parametrize("label", LABELS)
def test_every_answer_is_one_the_document_names(
    label: str, operations: dict[str, APIOperation], unlimited: Program, ann: User
) -> None:
    credential, tracker = seed.ids(ann)
    sent(operations[label], {"credential": credential, "tracker": tracker}, unlimited, 2)


@pytest.mark.long
@pytest.mark.parametrize("label", LABELS)
def test_every_answer_is_one_the_document_names_however_long_one_tries(
    label: str, operations: dict[str, APIOperation], unlimited: Program, ann: User
) -> None:
    credential, tracker = seed.ids(ann)
    sent(operations[label], {"credential": credential, "tracker": tracker}, unlimited, 40)
