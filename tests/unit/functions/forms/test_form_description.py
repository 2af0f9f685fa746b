"""JSON clients: what the form's address tells a program, and what its token is for."""

import json
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel, ValidationError

from functions.api.document import document
from functions.forms.form_description import Wording, fields_json
from functions.forms.tokens import TOKEN
from functions.referrals.form_json import referral_form_json
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.places.request import BookingRequest
from shared.composition.services import Services
from shared.config.settings import Support
from shared.content.content import Content
from shared.fields.answer_fields import TODAY
from shared.referrals.intake.request import referral_model
from tests.builders import MORNING, other_content
from tests.unit.functions.app_with_links import REFERRAL, AppWithLinks

BOOKING = {"session_id": "s2", "full_name": "Ben", "email": "ben@home.example", "works_here": True}
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


def longest(kind: str, most: int) -> str:
    """A right answer of exactly so many characters."""
    domain = ".".join(["a" * 60] * 3) + ".example.com"
    return {
        "email": f"{'x' * (most - 1 - len(domain))}@{domain}",
        "phone": f"{'07700 900':<{most - 3}}982",
    }.get(kind, "x" * most)


def whole_answers(fields: list[dict[str, Any]]) -> dict[str, Any]:
    """An answer to every field, with which each that some people are not asked is asked."""
    kinds = {"date": "1980-03-27", "email": "ann@home.example", "phone": "07700 900 982"}
    found: dict[str, Any] = {}
    for each in fields:
        value = each["choices"][0]["value"] if each["choices"] else kinds.get(each["format"], "Ann")
        found[each["name"]] = [value] if each["several"] else value
    for each in fields:
        if needed := each["needed_if"]:
            other, values = found[needed["field"]], needed["values"]
            found[needed["field"]] = sorted({*other, *values}) if isinstance(other, list) else values[0]
    return found


def is_taken(model: type[BaseModel], answers: dict[str, Any], name: str) -> bool:
    try:
        answer = getattr(model.model_validate(answers, context={TODAY: MORNING.date()}), name)
    except ValidationError as error:
        refused = {each["loc"][0] for each in error.errors()}
    else:
        assert answer, f"{name} was not asked"
        return True
    assert refused == {name}
    return False


def forms(app: AppWithLinks, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[type[BaseModel], list[Any]]]:
    """The model and the described fields of each form, of both content files."""
    asked = BookingRequest.model_fields.keys()
    found: dict[str, tuple[type[BaseModel], list[Any]]] = {}
    found["booking"] = BookingRequest, fields_json(BookingRequest, {each: Wording(each) for each in asked})
    for name, each in {"this trust": app.built.content, "another trust": other_content()}.items():
        monkeypatch.setattr(Services, "content", each)
        fields: Any = referral_form_json(app.built)["fields"]
        found[name] = (referral_model(each.one_to_one), fields)
    return found


def test_a_text_as_long_as_the_description_says_is_taken_and_one_character_more_is_not(
    app: AppWithLinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, looked_at = [], set()
    for form, (model, fields) in forms(app, monkeypatch).items():
        whole = whole_answers(fields)
        for each in fields:
            if (most := each["max_length"]) is not None:
                name = each["name"]
                looked_at.add(name)
                tries = [whole | {name: longest(each["format"], length)} for length in (most, most + 1)]
                if [is_taken(model, answers, name) for answers in tries] != [True, False]:
                    wrong.append((form, name, most))

    assert wrong == []
    assert looked_at >= {"full_name", "email", "phone", "adjustments", "pronouns", "safe_contact_notes", "about_me"}


def test_only_what_may_be_written_has_a_limit(app: AppWithLinks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of answers that are chosen from a list alone, the list says it all."""
    model, fields = forms(app, monkeypatch)["this trust"]

    assert [each["name"] for each in fields if each["choices"] and each["max_length"]] == ["therapy_language"]
    assert model.model_fields.keys() >= {each["name"] for each in fields}


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
