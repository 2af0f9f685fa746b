"""The OpenAPI document. tests/e2e/test_openapi.py tests the service against it."""

import re
from typing import Any

import pytest

import function_app
from functions.api.document import document
from functions.problems.error_table import PROBLEMS
from functions.problems.problem_details import UNEXPECTED
from functions.site.not_found import Routes, routes_of
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.content.content import Content

ROUTES = Routes(lambda: routes_of(function_app.BLUEPRINTS))
EVERY_POST = {"400", "403", "405", "413", "415", "422", "500", "503"}


@pytest.fixture
def described(content: Content) -> dict[str, Any]:
    return document(content, AllocationPolicy(domains=("trust.nhs.uk",)))


def test_it_describes_every_method_of_every_address_that_it_names(described: dict[str, Any]) -> None:
    for path, operations in described["paths"].items():
        taken = ROUTES.methods_at(path.removeprefix("/")) - {"OPTIONS"}  # which every address answers, described or not
        assert {method.upper() for method in operations} == taken, path


def test_it_says_each_way_in_which_a_form_can_end_badly(described: dict[str, Any]) -> None:
    for path in ("/bookings", "/one-to-one", "/one-to-one/status"):
        answers = described["paths"][path]["post"]["responses"]
        assert answers.keys() >= EVERY_POST, path
        assert answers["405"]["headers"]["Allow"]["required"]
        assert answers["503"]["headers"]["Retry-After"]["required"]


def test_its_problems_are_rows_of_the_one_table(described: dict[str, Any]) -> None:
    named = set(re.findall(r"/problems/[a-z-]+", str(described)))

    assert {"/problems/session-full", "/problems/too-many-guesses"} <= named
    assert named <= {problem.type for problem in (*PROBLEMS.values(), UNEXPECTED)}


def test_the_questions_are_those_of_the_content_file(described: dict[str, Any], other_content: Content) -> None:
    asked = {each.ask for each in other_content.one_to_one.questions if each.question.kept}
    other = document(other_content, AllocationPolicy())["components"]["schemas"]["Referral"]["properties"]

    assert other.keys() == asked | {"consent_share", "submission_id", "marker", "form_token"}
    assert other.keys() != described["components"]["schemas"]["Referral"]["properties"].keys()
