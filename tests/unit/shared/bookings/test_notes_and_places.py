"""A note for those with a place, and sessions in a room, online or both."""

from urllib.parse import quote

import pytest

from shared.bookings.emails.web_calendars import web_calendar_links
from shared.bookings.model.attendee import Roster
from shared.bookings.retention.retention_rules import without_link
from shared.bookings.self_service.booking_calendar import calendar_entry
from shared.bookings.self_service.calendar import calendar_file
from shared.bookings.staff_emails.facilitator_briefing import briefing_facts
from shared.bookings.staff_emails.organiser_list import list_facts
from shared.bookings.tables.announced_cell import announced_text, read_announced
from tests.builders import MORNING, attendee, content, london, session
from tests.unit.shared.bookings.booking_system import NAMES, RENDERER, BookingHarness
from tests.unit.shared.bookings.self_service.test_session_feed import FeedHarness
from tests.unit.shared.bookings.staff_emails.test_organiser_digest import HarnessWithOrganiser
from tests.unit.shared.bookings.test_joining_links import OUTSIDER, change, with_someone_waiting

NOTE = "Please use the side door."
ROOM = "Room 4, Example House"


def in_room(*, place: str = ROOM, link: str = "", note: str = "") -> BookingHarness:
    harness = BookingHarness(JoinUrl=link, Place=place, Note=note)
    harness.book("ann")
    harness.tick()
    return harness


def test_a_note_is_foretold_and_told_once_to_those_with_a_place() -> None:
    harness = with_someone_waiting()
    harness.edit_session(Note=NOTE)
    harness.tick()
    assert harness.session_row().text("Notice") == f"1 person will be emailed at 9:15am: there is a note: {NOTE}"
    change(harness)

    assert harness.kinds("ann") == ["booked", "changed"]
    assert NOTE in harness.mails("ann")[1].text
    assert "There is a new note about the session" in harness.mails("ann")[1].text
    assert harness.kinds("ben") == ["waiting list"]


def test_a_note_is_in_the_confirmation_and_in_the_reminder() -> None:
    harness = BookingHarness(Note=NOTE)
    harness.book("ann")
    harness.tick()
    harness.live(until=london("2023-09-07 15:10"))

    assert harness.kinds("ann") == ["booked", "reminder"]
    assert all(NOTE in mail.text for mail in harness.mails("ann"))


def test_a_note_that_is_taken_back_while_it_settles_is_told_to_no_one() -> None:
    harness = with_someone_waiting()
    harness.edit_session(Note=NOTE)
    harness.tick()
    change(harness, Note="")

    assert harness.kinds("ann") == ["booked"]


def test_a_note_that_is_emptied_after_it_was_told_no_longer_applies() -> None:
    harness = with_someone_waiting()
    change(harness, Note=NOTE)
    change(harness, Note="")

    assert harness.kinds("ann") == ["booked", "changed", "changed"]
    assert "The note about the session no longer applies" in harness.mails("ann")[2].text
    assert NOTE not in harness.mails("ann")[2].text


def test_who_waits_or_is_to_be_checked_gets_the_note_with_the_place() -> None:
    harness = with_someone_waiting(Note=NOTE)
    assert NOTE not in harness.mails("ben")[0].text
    harness.cancel("ann")
    harness.tick()

    assert NOTE in harness.mails("ben")[1].text
    other = BookingHarness(Note=NOTE)
    other.book("dee", **OUTSIDER)
    other.tick()
    assert NOTE not in "".join(mail.text for mail in other.mails("dee"))


def test_close_to_the_start_a_note_and_a_place_are_told_on_the_next_run() -> None:
    for cell in ({"Note": NOTE}, {"Place": ROOM}):
        harness = BookingHarness()
        harness.book("ann")
        harness.tick()
        harness.now = london("2023-09-08 14:20")
        harness.edit_session(**cell)
        harness.tick()
        assert "changed" in harness.kinds("ann"), cell


def test_a_session_in_a_room_promises_no_link_and_says_where_it_is() -> None:
    [mail] = in_room().mails("ann")

    assert ROOM in mail.text
    assert "link to join" not in mail.text
    assert "Teams" not in mail.text


@pytest.mark.parametrize(
    ("place", "link", "said"),
    [
        ("", "", "Online, on Microsoft Teams"),
        ("Room 4, or online", "", "Room 4, or online\n"),
        (ROOM, "https://teams.example/join/1", f"{ROOM}, or online\n"),
        ("Room 4 and ONLINE", "https://teams.example/join/1", "Room 4 and ONLINE\n"),
    ],
)
def test_a_session_that_is_online_too_has_or_promises_a_link(place: str, link: str, said: str) -> None:
    [mail] = in_room(place=place, link=link).mails("ann")

    assert said in mail.text
    assert ("We will send you the link to join" in mail.text) == (not link)
    assert (link in mail.text) if link else "https://teams.example" not in mail.text


def test_a_change_of_the_place_is_told_to_everyone_who_waits_as_well() -> None:
    harness = with_someone_waiting()
    change(harness, Place=ROOM)
    change(harness, Place="")

    assert harness.kinds("ann") == ["booked", "changed", "changed"]
    assert harness.kinds("ben") == ["waiting list", "changed", "changed"]
    assert f"The place is now {ROOM}" in harness.mails("ben")[1].text
    assert "The place is now Online, on Microsoft Teams" in harness.mails("ben")[2].text


def test_a_session_is_in_a_room_online_or_both_by_its_place_and_its_link() -> None:
    link = "https://teams.example/join/1"
    kinds = {
        (place, url): (found.is_online, found.awaits_link, found.is_also_online)
        for place in ("", ROOM, "Room 4 or Online")
        for url in ("", link)
        for found in [session(place=place, join_url=url)]
    }

    assert kinds == {
        ("", ""): (True, True, False),
        ("", link): (True, False, False),
        (ROOM, ""): (False, False, False),
        (ROOM, link): (True, False, True),
        ("Room 4 or Online", ""): (True, True, False),
        ("Room 4 or Online", link): (True, False, False),
    }


def test_what_was_announced_before_there_were_notes_and_places_reads_and_is_written_as_before() -> None:
    old = session(history=(session().details,))
    text = announced_text(old)

    assert "note" not in text
    assert "place" not in text
    assert read_announced("s1", text, old.reminders) == old


def test_notes_and_places_come_back_as_they_were_announced() -> None:
    details = session(place=ROOM, note=NOTE).details
    kept = session(place=ROOM, note=NOTE, history=(session().details, details))

    assert read_announced("s1", announced_text(kept), kept.reminders) == kept
    assert kept.told(2) == details


@pytest.mark.parametrize("name", ["Note", "Place"])
def test_a_note_or_a_place_that_is_too_long_is_named_and_the_session_goes_on(name: str) -> None:
    harness = in_room()
    change(harness, **{name: "x" * 10_000})

    assert harness.session_row().text("Problem").startswith(f"{name} has 10,000 characters. Write at most ")
    assert harness.kinds("ann") == ["booked"]


def test_blanks_line_ends_and_invisible_signs_in_a_note_are_no_change_and_markup_is_shown_as_typed() -> None:
    harness = in_room(note="Bring <b>a</b> pen.")
    change(harness, Note=" Bring  <b>a</b>\n\u200bpen.\x00 ")

    assert harness.kinds("ann") == ["booked"]
    assert "Bring <b>a</b> pen." in harness.mails("ann")[0].text
    assert "Bring &lt;b&gt;a&lt;/b&gt; pen." in harness.mails("ann")[0].html


def test_calendars_name_the_room_and_never_the_note() -> None:
    held, someone = session(place=ROOM, note=NOTE, history=(session().details,)), attendee()
    entry = calendar_entry(held, someone, "https://support.example/manage/t", NAMES, MORNING)
    links = web_calendar_links(held, content().mails)
    feed = FeedHarness(Place=ROOM, Note=NOTE)
    [event] = feed.events().values()

    assert (entry.location, str(event["location"])) == (ROOM, ROOM)
    assert all(quote(ROOM, safe="") in link for link in (links.outlook, links.google))
    everything = f"{calendar_file(entry).decode()} {feed.file().decode()} {links}"
    assert "side" not in everything


def test_the_organiser_is_told_of_a_missing_link_but_not_of_a_room() -> None:
    for place, is_told in (("", True), (ROOM, False), ("Room 4 and online", True)):
        harness = HarnessWithOrganiser(JoinUrl="", Place=place)
        harness.at(london("2023-09-01 15:05"))
        harness.tick()
        assert ["No joining link" in text for text in harness.texts_received] == [True] * is_told, place


def test_a_room_that_still_settles_raises_no_alert() -> None:
    harness = HarnessWithOrganiser(JoinUrl="")
    harness.book("ben")
    harness.at(london("2023-09-01 14:55"))
    harness.tick()
    harness.edit_session(Place=ROOM)
    harness.live(until=london("2023-09-01 15:05"))

    assert harness.session_row().text("Notice") != ""
    assert harness.texts_received == []


def test_the_list_and_the_briefing_say_where_the_session_is() -> None:
    held, nobody = session(place=ROOM, join_url=""), Roster((), "")
    for template, facts in (
        ("organiser-list", list_facts(held, nobody, content().dates)),
        ("facilitators", briefing_facts(held, nobody, names=False)),
    ):
        text = RENDERER.render(template, to="a@b.example", **facts).text
        assert ROOM in text
        assert "online" not in text.casefold()


def test_nothing_announced_keeps_a_note_once_the_bookings_are_deleted() -> None:
    harness = BookingHarness(Note=NOTE, JoinUrl="")
    harness.book("ann")
    harness.tick()
    kept = without_link(harness.session_row())

    assert kept is not None
    assert "side" not in kept
