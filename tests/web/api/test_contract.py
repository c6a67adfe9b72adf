"""Schemathesis sends what the OpenAPI document allows, and what it doesn't: every answer must be one it names."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import positive_data_acceptance

from nof1web.services.stores import User
from nof1web.web.api.document import document
from tests.web import seed
from tests.web.api.conftest import Program

SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS = {each.ok().label: each.ok() for each in SCHEMA.get_all_operations()}
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def unlimited(program: Program) -> Program:
    program.client.application.config["NOF1_API_PER_MINUTE"] = 10**9
    SCHEMA.app = program.client.application
    SCHEMA.config.update(base_url="http://localhost/api/v1")
    return program


def sent(operation: APIOperation, mode: GenerationMode, real: dict[str, str], program: Program, examples: int) -> None:
    """Send so many requests of one kind, half of them about things that exist."""

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
        if known and mode is GenerationMode.POSITIVE:
            case.path_parameters = {name: real.get(name, value) for name, value in (case.path_parameters or {}).items()}
        # What a schema allows may still be refused in words: an agent nobody knows, a name that is taken.
        case.call_and_validate(
            app=program.client.application,
            headers={"Authorization": f"Bearer {program.token}"},
            excluded_checks=[positive_data_acceptance],
        )

    send()


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_the_document_names(label: str, unlimited: Program, ann: User) -> None:
    credential, tracker = seed.ids(ann)
    for mode in MODES:
        sent(OPERATIONS[label], mode, {"credential": credential, "tracker": tracker}, unlimited, 2)


@pytest.mark.long
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_the_document_names_however_long_one_tries(
    label: str, unlimited: Program, ann: User
) -> None:
    credential, tracker = seed.ids(ann)
    for mode in MODES:
        sent(OPERATIONS[label], mode, {"credential": credential, "tracker": tracker}, unlimited, 40)
