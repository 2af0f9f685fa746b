"""JSON clients: what the form's address tells a program, and what its token is for."""

import json
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest

from functions.api.document import document
from functions.forms.tokens import TOKEN
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.composition.services import Services
from shared.config.settings import Support
from shared.content.content import Content
from tests.unit.functions.app_with_links import REFERRAL, AppWithLinks

BOOKING = {"session_id": "s2", "full_name": "Ben", "email": "ben@home.example", "works_for_trust": True}
BOOKING |= {"group_agreement": True}
FORMS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "/bookings": ("booking_form", "book", BOOKING),
    "/one-to-one": ("one_to_one_form", "refer", REFERRAL),
}
AGES = {"at once": (2, False), "3 seconds": (3, True), "just under a day": (86_399, True), "a day": (86_400, False)}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppWithLinks:
    return AppWithLinks(monkeypatch, "link")


def described(app: AppWithLinks, path: str) -> dict[str, Any]:
    answer = app.call(FORMS[path][0], "GET", {}, accept="application/json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: dict[str, Any] = json.loads(answer.get_body())
    return found


def field(app: AppWithLinks, path: str, name: str) -> dict[str, Any]:
    [found] = [each for each in described(app, path)["fields"] if each["name"] == name]
    return dict(found)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_is_described_as_its_schema_has_it(path: str, app: AppWithLinks, content: Content) -> None:
    found, schemas = described(app, path), document(content, AllocationPolicy())["components"]["schemas"]
    schema = schemas["BookingRequest" if path == "/bookings" else "Referral"]

    validator = jsonschema_rs.Draft202012Validator(
        {"$ref": "#/components/schemas/FormDescription", "components": {"schemas": schemas}}
    )
    assert validator.is_valid(found)
    assert found["post_to"] == path
    assert {each["name"] for each in found["fields"]} == schema["properties"].keys() - {
        "submission_id",
        "marker",
        "form_token",
    }
    assert {each["name"] for each in found["fields"] if each["required"]} == set(schema["required"])
    assert all(each["label"] for each in found["fields"])


def test_choices_and_limits_are_those_that_are_taken(app: AppWithLinks, content: Content) -> None:
    session, name, wait = (field(app, "/bookings", each) for each in ("session_id", "full_name", "join_waiting_list"))
    assert [each["value"] for each in session["choices"]] == ["s1", "s2"]
    assert (name["max_length"], name["choices"]) == (100, [])
    assert [each["value"] for each in wait["choices"]] == [True, False]
    assert [each["value"] for each in field(app, "/bookings", "group_agreement")["choices"]] == [True]

    by, phone = (field(app, "/one-to-one", each) for each in ("contact_by", "phone"))
    asked = {each.ask: each for each in content.one_to_one.questions}
    assert [(each["value"], each["text"]) for each in by["choices"]] == [
        (each.code, each.words) for each in asked["contact_by"].choices
    ]
    assert (by["several"], by["label"]) == (True, asked["contact_by"].label)
    assert phone["format"] == "phone"
    assert phone["needed_if"] == {"field": "contact_by", "values": ["phone", "text"]}
    assert field(app, "/one-to-one", "what_brings_you")["max_length"] == asked["what_brings_you"].max_length


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("given", [None, "x", "1693555200000." + "x" * 22])
def test_json_is_taken_without_a_token_and_with_one_that_is_none(
    path: str, given: str | None, app: AppWithLinks
) -> None:
    _, take, body = FORMS[path]

    assert app.post_json(take, body | ({} if given is None else {TOKEN: given})).status_code == 201


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("given", [1, None, ["x"], {}])
def test_a_token_that_is_no_text_is_refused(path: str, given: object, app: AppWithLinks) -> None:
    _, take, body = FORMS[path]
    answer = app.post_json(take, body | {TOKEN: given})

    assert (answer.status_code, json.loads(answer.get_body())["errors"][0]["field"]) == (422, TOKEN)


@pytest.mark.parametrize("age", AGES)
def test_a_referral_as_json_gives_way_to_others_unless_it_has_a_token_of_the_form(age: str, app: AppWithLinks) -> None:
    seconds, ripe = AGES[age]
    offered = described(app, "/one-to-one")
    mine = {name: offered[name] for name in ("submission_id", TOKEN)}
    app.now += timedelta(seconds=seconds)
    answer = app.post_json("refer", REFERRAL | mine)

    row = app.tables["Referrals"].get("referrals", json.loads(answer.get_body())["reference"])
    assert row is not None
    assert row.cells["Slow"] == ("no" if ripe else "yes")


@pytest.mark.parametrize("path", FORMS)
def test_the_token_of_the_description_is_one_of_the_form(path: str, app: AppWithLinks) -> None:
    first, second = described(app, path), described(app, path)

    assert first["submission_id"] != second["submission_id"]
    assert (first["form_token_from_seconds"], first["form_token_until_seconds"]) == (3, 86_400)


def test_what_is_closed_is_not_described(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppWithLinks(monkeypatch, "link")
    monkeypatch.setattr(Services, "closed", frozenset(Support))

    for form, _, _ in FORMS.values():
        assert app.call(form, "GET", {}, accept="application/json").status_code == 503
