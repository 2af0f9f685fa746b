"""The pages of a booking."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from functions.bookings.draft import Draft
from functions.web import render
from shared.bookings.places.request import BookingRequest
from shared.content.content import Content
from tests.unit.functions.bookings.page_examples import ANSWERED, FULL, ONE_LEFT, SESSIONS, View, errors_in
from tests.unit.functions.html_page import Page
from tests.unit.functions.page_examples import PAGES, show

HOSTILE = "<script>alert(1)</script>{{7*7}}[x](http://evil)\"' onload=x"


@pytest.mark.parametrize(
    ("name", "model", "not_shown"),
    [
        (
            "booking with errors",
            BookingRequest,
            {"submission_id", "session_id", "join_waiting_list", "works_here", "reminders"},
        ),
    ],
)
def test_each_error_stands_in_the_summary_and_beside_its_field(
    name: str, model: type[BaseModel], not_shown: set[str], content: Content
) -> None:
    shown = show(name, content)
    for field in model.model_fields.keys() - not_shown:
        assert f"#{field}" in shown.all("href", "a")
        assert field in shown.all("id", "input", "textarea")
        assert f"{field}-error" in shown.all("id")
        assert shown.text.count(f"Mend {field}") == 2
    for field in not_shown:
        assert shown.text.count(f"Mend {field}") == 1
        assert f"#{field}" not in shown.all("href", "a")


@pytest.mark.parametrize("name", ["check", "check when it is full", "full meanwhile", "busy", "not for outsiders"])
def test_every_answer_travels_with_the_page_and_none_in_an_address(name: str, content: Content) -> None:
    shown = show(name, content)
    hidden = {attrs["name"]: attrs["value"] for _, attrs in shown.elements if attrs.get("type") == "hidden"}
    assert hidden.items() >= ANSWERED.items()
    assert (hidden["submission_id"], hidden["form_token"]) == ("s" * 20, "t" * 20)
    assert not [url for url in shown.all("href") + shown.all("formaction") if "zoe" in url.casefold()]


def test_every_answer_is_shown_before_it_is_sent_with_a_button_that_changes_it(content: Content) -> None:
    shown = show("check", content)
    for said in ("Zoë Okafor", "zoe@home.example", "Captions", View.when, content.groups.agreement):
        assert said in shown.text
    fields = {url.partition("#")[2] for url in shown.all("formaction", "button")} - {""}
    assert fields == {"full_name", "email", "adjustments", "share_adjustments", "group_agreement"}
    assert fields <= set(show("booking", content).all("id"))
    assert {"/bookings/session", "/bookings/check?work=change"} <= set(shown.all("formaction", "button"))


def test_what_is_wrong_about_where_someone_works_stands_in_the_summary_and_beside_the_question(
    content: Content,
) -> None:
    shown = show("where you work with errors", content)
    assert "#works_here" in shown.all("href", "a")
    assert {"works_here", "works_here-error"} <= set(shown.all("id"))
    assert shown.text.count("Mend works_here") == 2


@pytest.mark.parametrize("name", ["booking", "change details"])
def test_the_form_says_whether_those_who_run_the_session_get_a_list_of_names(name: str, content: Content) -> None:
    template, facts = PAGES[name]
    assert isinstance(facts, dict)
    shown = [
        Page(render.render(template, content, **facts | {"shares_names": shares})).text for shares in (True, False)
    ]

    assert ["gets a list of names to let people in" in text for text in shown] == [True, False]
    assert ["does not get a list of names" in text for text in shown] == [False, True]


@pytest.mark.parametrize("name", ["booking", "change details", "move", "privacy", "who sees what"])
def test_each_page_about_a_booking_says_if_it_is_noted_of_each_person_whether_they_came(
    name: str, content: Content
) -> None:
    template, facts = PAGES[name]
    assert isinstance(facts, dict)
    shown = [
        Page(render.render(template, content, **facts | {"marks_attendance": marks})).text for marks in (True, False)
    ]

    assert ["After the session" in text and "if you came" in text for text in shown] == [True, False]


def test_what_was_left_out_is_said_to_be(content: Content) -> None:
    answers = BookingRequest.model_validate(ANSWERED | {"adjustments": "", "reminders": "no"})
    shown = show("check", content, answers=answers)
    assert "Not provided" in shown.text
    assert "Share this with" not in shown.text


def test_who_would_only_wait_is_told_so_before_they_confirm(content: Content) -> None:
    shown, waiting = show("check", content), show("check when it is full", content)
    assert ("Confirm and book" in shown.text, "waiting list" in shown.text) == (True, False)
    assert "Confirm and join the waiting list" in waiting.text
    assert "You do not have a place until one becomes free" in waiting.text


def test_who_was_too_late_is_offered_the_waiting_list_if_there_is_one(content: Content) -> None:
    shown, none = show("full meanwhile", content), show("full meanwhile", content, may_wait=False)
    assert ("join_waiting_list" in shown.all("name", "button"), "Error" in shown.html) == (True, False)
    assert "join_waiting_list" not in none.all("name", "button")
    assert "/bookings/session" in none.all("formaction", "button")


def test_a_booking_asks_for_what_the_service_takes_and_nothing_else(content: Content) -> None:
    """Reminders are chosen where someone looks after their booking."""
    pages = [show(name, content) for name in ("booking", "where you work", "change details")]
    asked = {each for page in pages for each in page.all("name", "input", "textarea", "select")}
    asked -= {"form_token", "left_blank"}
    assert asked | {"join_waiting_list"} == BookingRequest.model_fields.keys() | {"join_waiting_list"}
    assert "reminders" not in pages[0].all("name") + pages[1].all("name")


def test_what_was_typed_is_there_again(content: Content) -> None:
    typed: dict[str, Any] = {
        "full_name": "Ann",
        "reminders": "no",
        "group_agreement": "yes",
        "share_adjustments": "yes",
    }
    shown = show("booking", content, values=typed, errors=errors_in(BookingRequest))
    ticked = {(attrs["name"], attrs["value"]) for _, attrs in shown.elements if "checked" in attrs}
    assert shown.element("full_name")["value"] == "Ann"
    assert ticked == {("share_adjustments", "yes"), ("group_agreement", "yes")}
    assert [attrs["value"] for _, attrs in shown.elements if attrs.get("name") == "reminders"] == ["no"]
    chosen = show("choose a session", content, draft=Draft(typed | {"session_id": ONE_LEFT.id}, "s", "t"))
    assert [attrs["value"] for _, attrs in chosen.elements if "checked" in attrs] == [ONE_LEFT.id]


def test_whatever_is_typed_is_shown_literally(content: Content) -> None:
    text_fields = ["full_name", "email", "adjustments"]
    typed: dict[str, Any] = dict.fromkeys(text_fields, HOSTILE)
    shown = show("booking", content, values=typed, draft=Draft(typed, HOSTILE, HOSTILE))
    assert [shown.element(name).get("value") for name in ("full_name", "email")] == [HOSTILE, HOSTILE]
    assert HOSTILE in shown.text
    assert "alert" not in shown.html.replace("&lt;script&gt;alert(1)", "")
    assert "49[x]" not in shown.html


def test_whatever_administrators_and_the_copy_say_is_shown_literally(content: Content) -> None:
    hostile = View(id=HOSTILE, title=HOSTILE, theme=HOSTILE, when=HOSTILE, description=HOSTILE, facilitator=HOSTILE)
    groups = dict.fromkeys(content.groups.model_dump(), HOSTILE) | {"about": [HOSTILE], "minutes": 50, "programmes": []}
    contact = content.groups.contact.model_dump() | {"team": HOSTILE, "hours": HOSTILE}
    said = Content.model_validate(content.model_dump() | {"groups": groups | {"contact": contact}})
    for name in ("start", "sessions", "choose a session", "booking", "check", "booked"):
        shown = show(name, said, sessions=[hostile], session=hostile, chosen=hostile)
        assert HOSTILE in shown.text
        assert [tag for tag, _ in shown.elements].count("script") == 2
        assert "49[x]" not in shown.html


def test_a_session_is_booked_under_its_id_whatever_it_is_made_of(content: Content) -> None:
    links = show("sessions", content).all("href", "a")
    assert "/bookings/new?session=a%2Fb%20c%26d%3F" in links


@pytest.mark.parametrize("waiting_list", [True, False])
def test_a_full_session_offers_its_waiting_list_if_it_has_one(content: Content, *, waiting_list: bool) -> None:
    full = replace(FULL, waiting_list=waiting_list)
    shown = Page(render.render("bookings/sessions.html", content, sessions=[full]))
    assert "This session is full" in shown.text
    assert ("Join the waiting list for Tuesday" in shown.text) is waiting_list
    assert bool([url for url in shown.all("href", "a") if "session=full" in url]) is waiting_list


def test_what_can_be_chosen_says_how_many_places_are_left_or_that_there_is_a_waiting_list(content: Content) -> None:
    shown = show("choose a session", content)
    assert shown.all("value", "input")[-len(SESSIONS) :] == [session.id for session in SESSIONS]
    assert "12 places left" in shown.text
    assert ". Waiting list" in shown.text


def test_places_left_are_counted_in_words(content: Content) -> None:
    text = show("sessions", content).text
    assert "12 places left" in text
    assert "1 place left" in text


def test_a_session_without_a_theme_is_called_what_the_copy_calls_it(other_content: Content) -> None:
    text = show("sessions", other_content).text
    assert other_content.groups.open_theme in text
    assert "Theme: Voices" in text


def test_the_list_says_kindly_that_nothing_is_planned(content: Content) -> None:
    assert "No sessions are planned at the moment" in show("no sessions", content).text


def test_adjustments_are_asked_for_only_where_wanted(content: Content) -> None:
    shown = show("booking", content, asks_adjustments=False)
    assert not {"adjustments", "share_adjustments"} & set(shown.all("name"))
