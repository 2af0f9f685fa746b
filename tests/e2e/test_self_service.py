"""A booking managed by the link in the emails: through the running host, as a browser does it."""

import http.client
import re
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from icalendar import Calendar

from local.clock import LocalClock
from local.stack.stack import Stack, running_stack
from shared.signing import Signer
from tests.builders import MORNING, london
from tests.e2e.conftest import AddSession, act_form, mails_to, person, prove, roster, rows
from tests.e2e.http_client import Answer, get, hidden_fields, post_form, post_json

JOIN_URL = "https://teams.example/join/1"
# No test sends more than the email service allows; all of them together, at one moment of the clock, do.
NO_BUDGET = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}
OLD_KEY = b"the key before this one".ljust(32, b".")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    old = {"LINK_KEY_PREVIOUS": urlsafe_b64encode(OLD_KEY).decode()}
    with running_stack(at=MORNING, settings=NO_BUDGET | old, load=None) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh_morning(stack: Stack) -> None:
    """It is 9am on 1 September 2023 again, and the schedule is empty."""
    stack.settle()
    for name in ("Service", "Sessions"):
        table = rows(stack, name)
        for row in table.list_entities():
            table.delete_entity(row)
    stack.set_clock(MORNING)
    stack.settle()


# What people and the service do.


def address(session_id: str, name: str) -> str:
    return f"{name}@{session_id}.nhs.net"


def ask(stack: Stack, session_id: str, name: str, **changes: Any) -> Answer:
    return post_json(f"{stack.site}/bookings", person(session_id, name, full_name=name.title(), **changes))


def book(stack: Stack, session_id: str, *names: str, **changes: Any) -> None:
    """One after the other; who gets no place waits."""
    for name in names:
        answer = ask(stack, session_id, name, **{"join_waiting_list": True} | changes)
        assert answer.status == 201, answer.text
    stack.settle()


def jump_to(stack: Stack, at: datetime) -> None:
    """Five minutes or more, so that the timer runs by itself."""
    stack.set_clock(at)
    stack.settle()


def press(stack: Stack, page: str, **answers: str) -> Answer:
    """Sends the one form on a page, as it came, 5 seconds later, and follows the answer to the final page."""
    html = get(page).text
    [action] = re.findall(r'<form method="post" action="([^"]+)"', html)
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(seconds=5))
    return followed(stack, post_form(f"{stack.site}{action}", hidden_fields(html) | answers))


def send(stack: Stack, link: str, act: str, **answers: str) -> Answer:
    """Sends the form of an act's page, without following where the answer points."""
    return post_form(f"{link}/{act}", act_form(stack, link, act) | answers)


def followed(stack: Stack, answer: Answer) -> Answer:
    assert answer.status == 303, answer.text
    return get(f"{stack.site}{answer.headers['location']}")


# What can be seen.


def links(mail: dict[str, Any], part: str = "plainText") -> list[str]:
    return re.findall(r"http://[\d.:]+/manage/[\w-]+", mail["content"][part])


def link(stack: Stack, session_id: str, name: str, mail: int = -1) -> str:
    """The link in someone's last email, or in an earlier one."""
    [found] = links(mails_to(stack, address(session_id, name))[mail])
    return found


def kinds(stack: Stack, session_id: str, name: str) -> list[str]:
    """Subjects of someone's emails, without the date: `booked`, `changed`."""
    subjects = [mail["content"]["subject"] for mail in mails_to(stack, address(session_id, name))]
    return [subject.removeprefix("Staff session").partition(":")[0].strip() for subject in subjects]


def states(stack: Stack, session_id: str) -> dict[str, str]:
    return {row["Name"].casefold(): row["State"] for row in roster(stack, session_id)}


def text_of(stack: Stack, session_id: str, name: str) -> str:
    """The text of someone's last email."""
    return str(mails_to(stack, address(session_id, name))[-1]["content"]["plainText"])


def position(text: str) -> str:
    [found] = re.findall(r"You are number (\d+) on the (?:waiting )?list", text)
    return str(found)


def everything(stack: Stack) -> dict[str, list[Any]]:
    """Each table's rows with their ETags, and the emails: what nobody changed is equal to the last cell."""
    tables = ("Sessions", "Bookings", "MailLog", "MailIndex")
    found = {name: [(dict(row), row.metadata["etag"]) for row in rows(stack, name).list_entities()] for name in tables}
    return found | {"mails": stack.mail.messages()}


# Waiting.


def test_a_full_session_takes_who_asks_for_it_onto_its_waiting_list(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann")

    refused, taken = ask(stack, session_id, "ben"), ask(stack, session_id, "cy", join_waiting_list=True)

    assert (refused.status, refused.json["title"]) == (409, "This session is full")
    assert (taken.status, taken.json["state"]) == (201, "waiting")
    assert states(stack, session_id) == {"ann": "confirmed", "cy": "waiting"}


def test_the_page_that_a_booking_ends_on_promises_no_place_to_who_waits(stack: Stack, add_session: AddSession) -> None:
    waiting = ask(stack, add_session(Capacity=0), "ann", join_waiting_list=True)

    page = get(f"{stack.site}{waiting.headers['location']}")

    assert page.status == 200
    assert "waiting list" in page.text
    assert "Your place is booked" not in page.text


def test_the_email_to_who_waits_and_their_page_say_where_they_stand(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben", "cy", "dee")

    for name, place in (("ben", "1"), ("cy", "2"), ("dee", "3")):
        assert kinds(stack, session_id, name) == ["waiting list"]
        assert position(text_of(stack, session_id, name)) == place
        assert position(get(link(stack, session_id, name)).text) == place
        assert JOIN_URL not in str(mails_to(stack, address(session_id, name)))


def test_a_place_that_is_given_up_goes_at_once_to_who_waits_longest(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben", "cy")

    press(stack, f"{link(stack, session_id, 'ann')}/cancel")
    assert states(stack, session_id) == {"ann": "cancelled", "ben": "confirmed", "cy": "waiting"}

    stack.settle()
    assert kinds(stack, session_id, "ben") == ["waiting list", "booked"], "and no run of the schedule was needed"
    assert "You now have a place\n\nYou were on the waiting list, and a place became free." in text_of(
        stack, session_id, "ben"
    )
    assert JOIN_URL in text_of(stack, session_id, "ben")
    assert position(get(link(stack, session_id, "cy")).text) == "1"


def test_who_leaves_the_waiting_list_is_passed_over(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben", "cy")

    page = f"{link(stack, session_id, 'ben')}/cancel"
    assert "Do you want to leave the waiting list?" in get(page).text
    press(stack, page)
    press(stack, f"{link(stack, session_id, 'ann')}/cancel")
    stack.settle()

    assert states(stack, session_id) == {"ann": "cancelled", "ben": "cancelled", "cy": "confirmed"}


# Looking and cancelling.


def test_opening_the_links_of_an_email_however_often_changes_nothing(stack: Stack, add_session: AddSession) -> None:
    session_id, _ = add_session(Capacity=1), add_session(Capacity=1)
    book(stack, session_id, "ann", "ben")
    mine = [link(stack, session_id, name) for name in ("ann", "ben")]
    pages = [f"{url}{page}" for url in mine for page in ("", "/cancel", "/move", "/details")]
    pages += [url.replace("/manage/", "/calendar/") for url in mine]
    before = everything(stack)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(get, pages * 4))
        list(pool.map(head, pages))
    stack.settle()

    assert {answer.status for answer in answers} == {200}
    assert everything(stack) == before


def test_signs_that_are_stuck_to_a_link_lead_to_the_page_or_to_the_link_without_them(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    mine = link(stack, session_id, "ann")
    to = {}
    for tail in (".", "%20", ")", "_", "__", "-", "/", "//", "/.", "/)", "%2F", "/%29"):
        answer = get(f"{mine}{tail}")
        for _ in range(5):
            answer = answer if answer.status != 303 else get(f"{stack.site}{answer.headers['location']}")
        to[tail] = answer.status

    assert to == dict.fromkeys(to, 200)
    assert get(f"{mine}x").status == 404


def head(url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    connection.request("HEAD", urlsplit(url).path)
    connection.getresponse().read()
    connection.close()


def test_a_scanner_that_submits_the_form_at_once_cancels_nothing_and_gets_the_page_again(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    mine = link(stack, session_id, "ann")
    before = everything(stack)

    bare, at_once = (
        post_form(f"{mine}/cancel", {}),
        post_form(f"{mine}/cancel", hidden_fields(get(f"{mine}/cancel").text)),
    )
    assert (bare.status, at_once.status, everything(stack)) == (422, 422, before)
    assert "Select the button again. This page was open for too long, or only for a moment" in at_once.text

    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(seconds=3))
    assert post_form(f"{mine}/cancel", hidden_fields(at_once.text)).status == 303
    assert states(stack, session_id) == {"ann": "cancelled"}


def test_a_place_is_given_up_with_one_button_and_the_second_time_says_it_already_was(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    mine = link(stack, session_id, "ann")

    first = press(stack, f"{mine}/cancel")
    second = followed(stack, send(stack, mine, "cancel"))
    stack.settle()

    assert "Your booking is cancelled" in first.text
    assert "Your booking was already cancelled" in second.text
    assert states(stack, session_id) == {"ann": "cancelled"}
    assert kinds(stack, session_id, "ann") == ["booked", "no longer booked"]


def test_one_link_used_ten_times_at_once_frees_one_place_for_one_person(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben", "cy", "dee")
    mine = link(stack, session_id, "ann")

    with ThreadPoolExecutor(10) as pool:
        form = act_form(stack, mine, "cancel")
        answers = list(pool.map(lambda _: post_form(f"{mine}/cancel", form), range(10)))
    stack.settle()

    said = Counter(answer.headers["location"].partition("?")[2] for answer in answers)
    assert said == {"done=cancelled": 1, "done=already-cancelled": 9}
    assert Counter(states(stack, session_id).values()) == {"cancelled": 1, "confirmed": 1, "waiting": 2}
    assert kinds(stack, session_id, "ann") == ["booked", "no longer booked"]
    assert kinds(stack, session_id, "ben") == ["waiting list", "booked"]


def test_who_books_again_gets_fresh_emails_and_the_old_link_shows_the_present_booking(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    old = link(stack, session_id, "ann")
    press(stack, f"{old}/cancel")
    book(stack, session_id, "ann")

    assert "Your place is booked" in get(old).text
    assert states(stack, session_id) == {"ann": "confirmed"}
    assert kinds(stack, session_id, "ann") == ["booked", "no longer booked", "booked"]
    assert get(link(stack, session_id, "ann")).status == 200
    assert "Your booking is cancelled" in press(stack, f"{old}/cancel").text
    assert states(stack, session_id) == {"ann": "cancelled"}


def test_who_is_set_back_by_hand_gets_a_calendar_file_that_takes_the_same_entry_out(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann")
    old = calendar_link(stack, session_id, "ann")
    _, added = event(old)
    [row] = roster(stack, session_id)
    rows(stack, "Sessions").update_entity({"PartitionKey": "sessions", "RowKey": session_id, "Capacity": 0})
    rows(stack, "Bookings").update_entity({"PartitionKey": session_id, "RowKey": row["RowKey"], "State": "waiting"})
    jump_to(stack, MORNING + timedelta(minutes=5))

    assert kinds(stack, session_id, "ann") == ["booked", "waiting list"]
    assert "If the entry is still there, open it and delete it" in text_of(stack, session_id, "ann")
    for url in (old, calendar_link(stack, session_id, "ann")):
        method, entry = event(url)
        assert (method, entry["STATUS"], entry["UID"]) == ("CANCEL", "CANCELLED", added["UID"])
        assert entry["SEQUENCE"] > added["SEQUENCE"]


def test_once_the_session_has_started_nothing_changes_any_more(stack: Stack, add_session: AddSession) -> None:
    session_id, other = add_session(), add_session(Date="2023-10-03")
    book(stack, session_id, "ann")
    mine = link(stack, session_id, "ann")
    stack.set_clock(london("2023-09-08 15:00"))

    acts = {"cancel": {}, "move": {"session_id": other}, "reminders": {"reminders": "no"}}
    acts |= {"details": {"full_name": "Ann Lee", "reminders": "no"}}
    answers = [send(stack, mine, act, **fields) for act, fields in acts.items()]

    assert {answer.status for answer in answers} == {409}
    assert all("It is too late to change this booking" in answer.text for answer in answers)
    assert (states(stack, session_id), states(stack, other)) == ({"ann": "confirmed"}, {})


# Moving.


def test_a_move_is_a_place_there_none_here_and_one_email(stack: Stack, add_session: AddSession) -> None:
    here, there = add_session(Capacity=1), add_session(Capacity=1, Date="2023-10-03")
    book(stack, here, "ann")
    old = link(stack, here, "ann")

    page = press(stack, f"{old}/move", session_id=there)
    repeated = send(stack, old, "move", session_id=there)
    jump_to(stack, MORNING + timedelta(minutes=5))

    assert "You have moved to this session" in page.text
    assert "Tuesday 3 October 2023, 3pm to 4:15pm" in page.text
    assert (states(stack, here), states(stack, there)) == ({"ann": "cancelled"}, {"ann": "confirmed"})
    assert roster(stack, there)[0]["MovedFrom"] == here
    assert "You had already moved to this session" in followed(stack, repeated).text
    assert kinds(stack, here, "ann") == ["booked", "booked"]
    assert "Your booking has moved" in text_of(stack, here, "ann")
    assert get(link(stack, here, "ann")).text.count("Tuesday 3 October 2023") >= 1


def test_the_place_that_someone_moved_away_from_goes_to_who_waits(stack: Stack, add_session: AddSession) -> None:
    here, there = add_session(Capacity=1), add_session(Date="2023-10-03")
    book(stack, here, "ann", "ben")

    press(stack, f"{link(stack, here, 'ann')}/move", session_id=there)
    stack.settle()

    assert states(stack, here) == {"ann": "cancelled", "ben": "confirmed"}
    assert kinds(stack, here, "ben") == ["waiting list", "booked"]


def test_a_full_session_keeps_the_place_one_has(stack: Stack, add_session: AddSession) -> None:
    here, there = add_session(), add_session(Capacity=1, Date="2023-10-03")
    book(stack, here, "ann")
    book(stack, there, "ben")

    answer = send(stack, link(stack, here, "ann"), "move", session_id=there)
    jump_to(stack, MORNING + timedelta(minutes=5))

    assert answer.status == 409
    assert "You have not moved" in answer.text
    assert "You still have your place in this one" in answer.text
    assert (states(stack, here), states(stack, there)) == ({"ann": "confirmed"}, {"ben": "confirmed"})
    assert kinds(stack, here, "ann") == ["booked"]


def test_five_who_move_at_once_to_two_places_are_two_there_and_three_here(
    stack: Stack, add_session: AddSession
) -> None:
    here, there = add_session(Capacity=5), add_session(Capacity=2, Date="2023-10-03")
    names = ("ann", "ben", "cy", "dee", "eli")
    book(stack, here, *names)
    mine = [link(stack, here, name) for name in names]

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda url: send(stack, url, "move", session_id=there), mine))
    stack.settle()

    moved = {name for name, answer in zip(names, answers, strict=True) if answer.status == 303}
    assert sorted(answer.status for answer in answers) == [303, 303, 409, 409, 409]
    assert states(stack, there) == dict.fromkeys(moved, "confirmed")
    assert states(stack, here) == {name: "cancelled" if name in moved else "confirmed" for name in names}
    assert all(len(kinds(stack, here, name)) == (2 if name in moved else 1) for name in names)


# Reminders and the calendar.


def test_reminders_are_stopped_and_had_again(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    mine = link(stack, session_id, "ann")

    stopped = press(stack, mine, reminders="no")
    again = followed(stack, send(stack, mine, "reminders", reminders="no"))
    jump_to(stack, london("2023-09-07 15:00"))
    assert "You will not get any more reminders" in stopped.text
    assert "Reminders were already stopped" in again.text
    assert kinds(stack, session_id, "ann") == ["booked"]

    stack.set_clock(london("2023-09-08 13:00"))
    resumed = press(stack, mine, reminders="yes")
    jump_to(stack, london("2023-09-08 14:00"))
    assert "You will get reminders" in resumed.text
    assert kinds(stack, session_id, "ann") == ["booked", "reminder"]


# Name and needs.


def test_a_person_changes_name_needs_and_reminders_and_the_roster_has_them(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    mine = link(stack, session_id, "ann")
    form = get(f"{mine}/details").text
    wanted = {"full_name": "Ann Lee", "adjustments": "=Captions", "share_adjustments": "yes", "reminders": "no"}

    refused = send(stack, mine, "details", **wanted | {"full_name": " "})
    saved = press(stack, f"{mine}/details", **wanted)
    again = followed(stack, send(stack, mine, "details", **wanted))
    shown = get(f"{mine}/details").text
    jump_to(stack, MORNING + timedelta(minutes=5))

    assert 'value="Ann"' in form
    assert (refused.status, "Enter your name" in refused.text, "=Captions" in refused.text) == (422, True, True)
    assert "Your details are saved" in saved.text
    assert "Your details were already saved" in again.text
    assert 'value="Ann Lee"' in shown
    [row] = roster(stack, session_id)
    assert [row[name] for name in ("Name", "Adjustments", "ShareAdjustments", "Reminders")] == [
        "Ann Lee",
        "'=Captions",
        "yes",
        "no",
    ]
    assert kinds(stack, session_id, "ann") == ["booked"]


def test_a_colleague_on_a_shared_mailbox_is_answered_as_a_stranger_and_told_by_email(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann", adjustments="Captions")
    strangers = ask(stack, session_id, "cy")
    colleagues = ask(stack, session_id, "bartholomew", email=address(session_id, "ann"), adjustments="A break")
    stack.settle()

    assert (colleagues.status, colleagues.json["state"]) == (strangers.status, strangers.json["state"])
    assert kinds(stack, session_id, "ann") == ["booked", "already booked"]
    said = text_of(stack, session_id, "ann")
    assert "and with a different name" in said
    assert "change the name on your booking, what you need to take part, or your reminders" in said
    assert not [word for word in ("artholomew", "Captions", "break") if word in said]


def calendar_link(stack: Stack, session_id: str, name: str) -> str:
    """The link for calendars in someone's last email."""
    [found] = set(re.findall(r"http://[\d.:]+/calendar/[\w-]+", text_of(stack, session_id, name)))
    return str(found)


def event(calendar_url: str) -> tuple[str, Any]:
    """The method and the only event of a booking's calendar file."""
    answer = get(calendar_url)
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.text)
    [found] = calendar.events
    return str(calendar["METHOD"]), found


def test_the_calendar_file_is_one_private_neutral_entry_in_utc(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Theme="A theme that stays in here")
    book(stack, session_id, "ann")
    mine = link(stack, session_id, "ann")

    in_mail = calendar_link(stack, session_id, "ann")

    method, entry = event(in_mail)

    assert (method, entry["CLASS"], entry["STATUS"]) == ("PUBLISH", "PRIVATE", "CONFIRMED")
    assert entry.start == datetime(2023, 9, 8, 14, tzinfo=UTC)
    assert entry.end == datetime(2023, 9, 8, 15, 15, tzinfo=UTC)
    assert {entry[name].to_ical()[-1:] for name in ("DTSTART", "DTEND", "DTSTAMP")} == {b"Z"}
    assert entry["ORGANIZER"].startswith("mailto:")
    assert "ATTENDEE" not in entry
    assert entry["URL"] == mine
    assert urlsplit(in_mail).path in get(mine).text, "the page offers the same"
    told = get(in_mail).text
    assert not [word for word in ("theme", "teams.example", "ann", "Reflective") if word in told]


def test_a_calendar_replaces_what_it_has_when_the_session_moves_and_when_it_is_given_up(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    mine = link(stack, session_id, "ann")
    versions = [event(calendar_link(stack, session_id, "ann"))]

    rows(stack, "Sessions").update_entity({"PartitionKey": "sessions", "RowKey": session_id, "Time": "16:00"})
    jump_to(stack, MORNING + timedelta(minutes=5))
    jump_to(stack, MORNING + timedelta(minutes=20))
    versions.append(event(calendar_link(stack, session_id, "ann")))
    press(stack, f"{mine}/cancel")
    stack.settle()
    versions.append(event(calendar_link(stack, session_id, "ann")))

    assert [method for method, _ in versions] == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert len({entry["UID"] for _, entry in versions}) == 1
    assert kinds(stack, session_id, "ann") == ["booked", "changed", "no longer booked"]
    sequences = [int(entry["SEQUENCE"]) for _, entry in versions]
    assert sequences == sorted(set(sequences))
    assert versions[1][1].start == datetime(2023, 9, 8, 15, tzinfo=UTC)
    assert versions[2][1]["STATUS"] == "CANCELLED"


# Links.


def mails_of(stack: Stack, session_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Subject and email, for everybody with an address of this session."""
    found = [mail for mail in stack.mail.messages() if session_id in mail["recipients"]["to"][0]["address"]]
    words = [mail["content"]["subject"].removeprefix("Staff session").partition(":")[0].strip() for mail in found]
    return list(zip(words, found, strict=True))


def test_every_email_to_someone_on_the_list_carries_one_link_to_their_own_booking(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=2)
    book(stack, session_id, "ann")
    book(stack, session_id, "out", email=f"out@{session_id}.example", works_here=True)
    prove(stack, f"out@{session_id}.example")
    book(stack, session_id, "ben", "cy", "ann")
    rows(stack, "Sessions").update_entity({"PartitionKey": "sessions", "RowKey": session_id, "Theme": "Rest"})
    for at in ("2023-09-01 09:05", "2023-09-01 09:20", "2023-09-05 09:20", "2023-09-07 15:00"):
        jump_to(stack, london(at))

    mails = [mail for words, mail in mails_of(stack, session_id) if words != "place released"]
    said = {words for words, _ in mails_of(stack, session_id)}
    kinds_of_all = {"booked", "place held", "already booked", "waiting list", "changed", "reminder", "place released"}
    assert said == kinds_of_all | {"to confirm"}
    assert [len(links(mail, part)) for mail in mails for part in ("plainText", "html")] == [1] * 2 * len(mails)
    assert all(links(mail) == links(mail, "html") for mail in mails)
    for name in ("ann", "ben", "cy"):
        page = get(link(stack, session_id, name))
        assert f'Booking of <span translate="no">{name[0].upper()}.</span>' in page.text
        assert {links(mail)[0] for mail in mails_to(stack, address(session_id, name))} == {
            link(stack, session_id, name)
        }


def test_every_final_email_carries_one_link(stack: Stack, add_session: AddSession) -> None:
    session_id, full = add_session(), add_session(Capacity=0)
    book(stack, session_id, "ann", "ben")
    book(stack, session_id, "out", email=f"out@{session_id}.example", works_here=True)
    prove(stack, f"out@{session_id}.example")
    book(stack, full, "cy")
    press(stack, f"{link(stack, session_id, 'ann')}/cancel")
    jump_to(stack, london("2023-09-05 09:05"))
    rows(stack, "Sessions").update_entity({"PartitionKey": "sessions", "RowKey": session_id, "State": "cancelled"})
    for at in ("2023-09-05 09:10", "2023-09-05 09:25", "2023-09-08 15:00"):
        jump_to(stack, london(at))

    mails = dict(mails_of(stack, session_id) + mails_of(stack, full))
    parting = {words: len(links(mails[words])) for words in ("no longer booked", "place released", "cancelled", "")}
    assert parting == dict.fromkeys(parting, 1)


OPENED = ("manage/{}", "manage/{}/cancel", "manage/{}/move", "manage/{}/details", "calendar/{}")
PRESSED = ("manage/{}/prove", "manage/{}/cancel", "manage/{}/move", "manage/{}/reminders", "manage/{}/details")


def opened_page(stack: Stack, path: str, **headers: str) -> Answer:
    """The answer at this path; one token in thirty ends with a sign, and is tried without it as well."""
    answer = get(f"{stack.site}/{path}", **headers)
    return answer if answer.status != 303 else get(f"{stack.site}{answer.headers['location']}", **headers)


def answers_to(stack: Stack, token: str, form: dict[str, str]) -> list[Answer]:
    """Answers of every address of a booking to this token."""
    opened = [opened_page(stack, page.format(token)) for page in OPENED]
    return opened + [post_form(f"{stack.site}/{page.format(token)}", form) for page in PRESSED]


def test_a_link_that_opens_nothing_has_one_page_and_one_wording_whatever_is_wrong_with_it(
    stack: Stack, add_session: AddSession
) -> None:
    session_id, other = add_session(), add_session(Date="2023-10-03")
    proof = ask(stack, session_id, "ann").headers["location"].rpartition("/")[2]
    stack.settle()
    stale = link(stack, session_id, "ann").rpartition("/")[2]
    row_key = roster(stack, session_id)[0]["RowKey"]
    other_address = {"PartitionKey": session_id, "RowKey": row_key, "Email": address(session_id, "ben")}
    rows(stack, "Bookings").update_entity(other_address)
    jump_to(stack, MORNING + timedelta(minutes=5))
    bad = {
        "stale": stale,
        "cut off": stale[:-1],
        "one letter changed": stale[:30] + ("A" if stale[30] != "A" else "B") + stale[31:],
        "another installation's": Signer((b"x" * 32,)).token("manage", session_id, row_key, "2"),
        "made for something else": proof,
        "nonsense": "x",
        "not ASCII": "%C3%A9%00",
        "long": "a" * 4000,
    }
    before = everything(stack)

    form = {"session_id": other, "reminders": "no", "full_name": "Mallory"}
    answers = {why: answers_to(stack, token, form) for why, token in bad.items()}
    problems = [opened_page(stack, f"manage/{token}", accept="application/json") for token in bad.values()]

    assert {why: {answer.status for answer in each} for why, each in answers.items()} == {why: {404} for why in bad}
    assert len({answer.text for each in answers.values() for answer in each}) == 1
    assert "This link is not valid or has been used" in answers["stale"][0].text
    assert {(answer.status, answer.text) for answer in problems} == {(404, problems[0].text)}
    assert everything(stack) == before


def test_a_link_that_was_signed_before_the_key_was_rotated_still_works(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    [row] = roster(stack, session_id)
    old = Signer((OLD_KEY,)).token("manage", session_id, row["RowKey"], "1")

    assert press(stack, f"{stack.site}/manage/{old}/cancel").status == 200
    assert states(stack, session_id) == {"ann": "cancelled"}


# What is kept.


def test_ninety_days_after_the_session_nothing_is_left_of_who_booked_it(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    book(stack, session_id, "ann", "ben")
    ann = link(stack, session_id, "ann")
    jump_to(stack, MORNING + timedelta(minutes=5))
    for day in (3, 4, 5, 6):  # nothing is deleted before the clock has run steadily for three days
        jump_to(stack, london(f"2023-12-0{day} 16:00"))
    kept = {row["RowKey"]: row for row in rows(stack, "Service").query_entities("PartitionKey eq 'held'")}
    assert len(roster(stack, session_id)) == 2
    assert kept["bookings"]["Oldest"] == "2023-09-01"
    assert "deleted 90 days after its session" in kept["bookings"]["InWords"]

    jump_to(stack, london("2023-12-07 16:00"))

    for name in ("Bookings", "MailLog", "MailIndex"):
        # The booking of another session, which was deleted, may be asked whether this one was meant.
        held = [{key: row[key] for key in row if key != "Problem"} for row in rows(stack, name).list_entities()]
        assert session_id not in str(held)
    row = rows(stack, "Sessions").get_entity("sessions", session_id)
    assert (row["Confirmed"], "teams.example" in row["Announced"]) == (2, False)
    assert get(ann).status == 404
