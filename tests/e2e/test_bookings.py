"""Booking through the running host, with real storage and a real email client."""

import json
import re
from datetime import timedelta
from urllib.parse import unquote

from local.clock import LocalClock
from local.stack.stack import Stack
from tests.e2e.conftest import AddSession, mails_to, opened_form, person, prove, roster, rows
from tests.e2e.http_client import all_at_once, get, get_json, hidden_fields, post_form, post_json


def test_the_five_sessions_of_the_schedule_are_offered(stack: Stack) -> None:
    sessions = get_json(f"{stack.site}/sessions").json["sessions"]

    ours = [session for session in sessions if session["id"].startswith("2023-")]
    assert [(session["when"], session["theme"], session["places_left"]) for session in ours] == [
        ("Friday 8 September 2023, 3pm to 4:15pm", "Open session", ours[0]["places_left"]),
        ("Monday 25 September 2023, 11am to 12:15pm", "Open session", 12),
        ("Tuesday 3 October 2023, 3pm to 4:15pm", "Open session", 12),
        ("Thursday 26 October 2023, 10am to 11:15am", "Open session", 12),
        ("Monday 13 November 2023, 1pm to 2:15pm", "Open session", 12),
    ]
    assert ours[0]["starts"] == "2023-09-08T15:00:00+01:00"
    assert ours[4]["ends"] == "2023-11-13T14:15:00+00:00"
    texts = {"title", "theme", "description", "facilitator", "programme", "place", "online"}
    assert set(ours[0]) == texts | {"id", "starts", "ends", "when", "places_left"}


def test_the_joining_link_is_on_no_page_and_in_no_answer(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(JoinUrl="https://teams.example/canary-link")
    booked = post_json(f"{stack.site}/bookings", person(session_id))
    outcome = booked.headers["location"]

    answers = [booked, get(f"{stack.site}/sessions"), get_json(f"{stack.site}/sessions")]
    answers += [get(f"{stack.site}{outcome}"), get(f"{stack.site}/bookings/new?session={session_id}")]

    assert [answer.status for answer in answers] == [201, 200, 200, 200, 200]
    assert not any("canary-link" in answer.text for answer in answers)


def test_who_has_no_place_for_certain_finds_the_joining_link_nowhere(stack: Stack, add_session: AddSession) -> None:
    """Neither someone whose address is not proved, nor someone who is to be checked, nor someone who waits."""
    session_id = add_session(JoinUrl="https://teams.example/canary-link", Capacity=1)
    outside = "zoe@home.example"
    assert post_json(f"{stack.site}/bookings", person(session_id, email=outside, works_here=True)).status == 201
    stack.settle()
    unproven = seen_by(stack, outside)
    prove(stack, outside)
    to_check = seen_by(stack, outside)
    assert post_json(f"{stack.site}/bookings", person(session_id, "ben", join_waiting_list=True)).status == 201
    stack.settle()
    waiting = seen_by(stack, f"ben@{session_id}.nhs.net")

    assert sorted(row["State"] for row in roster(stack, session_id)) == ["to-check", "waiting"]
    assert [len(each) > 5 for each in (unproven, to_check, waiting)] == [True] * 3
    assert not [text for text in (*unproven, *to_check, *waiting) if "canary-link" in text]


def seen_by(stack: Stack, address: str) -> list[str]:
    """The texts of every email to this address, and of the pages and the calendar entry behind its link."""
    texts = [json.dumps(mail["content"]) for mail in mails_to(stack, address)]
    [link] = set(re.findall(r"http://[\d.:]+/manage/[\w-]+", " ".join(texts)))
    pages = [link, f"{link}/cancel", f"{link}/move", f"{link}/details", link.replace("/manage/", "/calendar/")]
    answers = [get(page) for page in pages]
    assert {answer.status for answer in answers} <= {200, 303, 404}
    return texts + [answer.text for answer in answers if answer.status == 200]


def test_a_booking_becomes_a_place_and_one_confirmation(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()

    answer = post_json(f"{stack.site}/bookings", person(session_id, adjustments="canary adjustments"))
    stack.settle()

    assert answer.status == 201
    assert answer.json["state"] == "confirmed"
    assert re.fullmatch("[34679CDFGHJKMNPQRTVWXY]{8}", answer.json["reference"])
    [mail] = mails_to(stack, f"zoe@{session_id}.nhs.net")
    assert mail["content"]["subject"] == "Staff session booked: Friday 8 September 2023, 3pm"
    for part in ("plainText", "html"):
        assert "https://teams.example/join/1" in mail["content"][part]
        assert "Thursday 7 September 2023, 3pm" in mail["content"][part]
        assert "Friday 8 September 2023, 2pm" in mail["content"][part]
        assert answer.json["reference"] in mail["content"][part]
        assert "canary" not in mail["content"][part]
    assert mail["userEngagementTrackingDisabled"] is True


def test_a_form_ends_on_a_page_that_can_be_reloaded(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()

    fields = opened_form(stack, f"/bookings/new?session={session_id}")
    answer = post_form(f"{stack.site}/bookings", fields | person(session_id, group_agreement="yes"))
    page = get(f"{stack.site}{answer.headers['location']}")

    assert (answer.status, page.status) == (303, 200)
    assert roster(stack, session_id)[0]["Reference"] in page.text
    assert "Friday 8 September 2023, 3pm to 4:15pm" in page.text
    assert "zoe" not in unquote(answer.headers["location"])


def test_a_page_that_nobody_was_given_is_not_there(stack: Stack, add_session: AddSession) -> None:
    location = post_json(f"{stack.site}/bookings", person(add_session())).headers["location"]

    reference = post_json(f"{stack.site}/bookings", person(add_session())).json["reference"]

    assert get(f"{stack.site}{location[:-8]}AAAAAAAA").status == 404
    assert get(f"{stack.site}/bookings/booked/{reference}").status == 404
    assert get(f"{stack.site}/bookings/{reference}?session=x&state=confirmed&proof={'a' * 22}").status == 404


def test_a_form_with_mistakes_comes_back_with_what_was_typed(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()

    fields = opened_form(stack, f"/bookings/new?session={session_id}")
    answer = post_form(f"{stack.site}/bookings", fields | {"full_name": "Zoë <Okafor>", "email": "zoe@nowhere"})

    assert answer.status == 422
    assert "There is a problem" in answer.text
    assert "Zoë &lt;Okafor&gt;" in answer.text
    assert "Enter an email address in the correct format" in answer.text
    assert "Select the box to agree to the group rules" in answer.text
    assert roster(stack, session_id) == []


def test_a_form_that_no_page_handed_out_comes_back_and_is_taken_when_it_is_sent_again(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    form = person(session_id, group_agreement="yes")

    refused = post_form(f"{stack.site}/bookings", form)
    assert (refused.status, roster(stack, session_id)) == (422, [])
    assert "Check your answers and send again" in refused.text

    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(seconds=5))
    answer = post_form(f"{stack.site}/bookings", form | hidden_fields(refused.text))
    assert (answer.status, len(roster(stack, session_id))) == (303, 1)


def test_a_form_whose_hidden_field_was_filled_in_comes_back_and_is_never_called_booked(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    fields = opened_form(stack, f"/bookings/new?session={session_id}")
    form = fields | person(session_id, group_agreement="yes", left_blank="http://buy.example")

    answer = post_form(f"{stack.site}/bookings", form)
    stack.settle()

    assert (answer.status, "Zoë Okafor" in answer.text, "buy.example" in answer.text) == (422, True, False)
    assert "Your browser filled in a field that is not part of the form" in answer.text
    assert roster(stack, session_id) == []
    assert mails_to(stack, f"zoe@{session_id}.nhs.net") == []


def test_json_with_mistakes_is_answered_field_by_field(stack: Stack, add_session: AddSession) -> None:
    body = {"session_id": add_session(), "full_name": "", "email": "x", "is_admin": True}

    answer = post_json(f"{stack.site}/bookings", body)

    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(error["field"], error["detail"]) for error in answer.json["errors"]] == [
        ("full_name", "Enter your name"),
        ("email", "Enter an email address in the correct format, like name@example.com. It must include @"),
        ("group_agreement", "Select the box to agree to the group rules"),
        ("", "Leave out fields that this form does not have"),
    ]


def test_a_session_that_cannot_be_booked_says_why_and_stores_nothing(stack: Stack, add_session: AddSession) -> None:
    cases = {
        add_session(Capacity=0): (409, "This session is full"),
        add_session(State="closed"): (409, "This session is not open for booking"),
        add_session(Date="2023-08-31"): (409, "This session has already taken place"),
        "nowhere": (404, "This session is not available"),
        "' or 1 eq 1 or '": (404, "This session is not available"),
    }

    for session_id, (status, title) in cases.items():
        answer = post_json(f"{stack.site}/bookings", person(session_id, email="a@nhs.net"))
        form = opened_form(stack, "/bookings/new") | person(session_id, email="a@nhs.net", group_agreement="yes")
        page = post_form(f"{stack.site}/bookings", form)
        assert (answer.status, answer.json["title"]) == (status, title)
        assert page.status == status
        assert title in page.text
        assert roster(stack, session_id) == []


def test_fifty_at_once_for_twelve_places_are_exactly_twelve(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=12)

    answers = all_at_once(f"{stack.site}/bookings", [person(session_id, f"person{n}") for n in range(50)])

    assert sorted(answer.status for answer in answers) == [201] * 12 + [409] * 38
    assert len(roster(stack, session_id)) == 12
    [listed] = [each for each in get_json(f"{stack.site}/sessions").json["sessions"] if each["id"] == session_id]
    assert listed["places_left"] == 0


def test_one_submission_fifty_times_is_one_booking_and_one_confirmation(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=2)
    body = person(session_id, submission_id="submission-0123456789")

    answers = all_at_once(f"{stack.site}/bookings", [body] * 50)
    stack.settle()

    assert {(answer.status, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert len(roster(stack, session_id)) == 1
    assert len(mails_to(stack, f"zoe@{session_id}.nhs.net")) == 1


def test_one_person_fifty_times_is_one_booking_and_at_most_one_further_email(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=2)

    answers = all_at_once(f"{stack.site}/bookings", [person(session_id)] * 50)
    stack.settle()

    assert {(answer.status, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert len(roster(stack, session_id)) == 1
    subjects = sorted(mail["content"]["subject"] for mail in mails_to(stack, f"zoe@{session_id}.nhs.net"))
    assert subjects == [
        "Staff session already booked: Friday 8 September 2023, 3pm",
        "Staff session booked: Friday 8 September 2023, 3pm",
    ]


def test_administrators_read_on_the_roster_what_was_sent(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    post_json(f"{stack.site}/bookings", person(session_id))
    stack.settle()

    stack.tick()

    [row] = roster(stack, session_id)
    assert re.fullmatch(r"confirmation sent Fri 1 Sep, [\d:]+am; reminder due Thu 7 Sep, 3pm", row["Mail"])


def test_the_email_log_and_the_index_hold_nobody(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    post_json(f"{stack.site}/bookings", person(session_id, "canary", full_name="Canary Person"))
    stack.settle()

    for table in ("MailLog", "MailIndex", "Service", "Sessions"):
        stored = [dict(row) for row in rows(stack, table).list_entities()]
        assert stored
        assert "canary@" not in str(stored).casefold()
        assert "canary person" not in str(stored).casefold()
    assert "canary" not in stack.log_text().casefold()


def test_the_service_says_that_it_is_well(stack: Stack) -> None:
    assert get(f"{stack.site}/health").json == {"status": "healthy"}


def test_the_start_page_shows_both_kinds_of_support(stack: Stack) -> None:
    page = get(f"{stack.site}/")

    assert page.status == 200
    assert "/sessions" in page.text
    assert "/one-to-one" in page.text
