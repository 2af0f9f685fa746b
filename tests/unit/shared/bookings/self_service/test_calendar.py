"""The calendar file, as a calendar programme reads it and as it travels."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest

from shared.bookings.self_service.calendar import CalendarEntry, calendar_file
from tests.builders import MORNING, ROOT, london
from tests.every_row import every_row

MANAGE = "https://support.example/manage/Ab3_-xyz"
HOSTILE = [
    "a\r\nATTENDEE:mailto:x@evil.example",
    "a\rATTENDEE:mailto:x@evil.example",
    "a\nEND:VEVENT\nBEGIN:VEVENT",
    "a\u2028ATTENDEE:x",
    "a\x85ATTENDEE:x",
    "a\x00\x0b\x0c\x1bb",
    'a";CN=b:mailto:x@evil.example',
    "a;b,c:d\\nATTENDEE:x",
    "a\ud800b",
    "SUMMARY:" + "Ọ́káfọ̀ 李 أحمد 😔 " * 20,
]


def entry(**changes: Any) -> CalendarEntry:
    facts: dict[str, Any] = {
        "uid": "booking-0a1b@support.example",
        "sequence": 3,
        "starts": london("2023-09-08 15:00"),
        "ends": london("2023-09-08 16:15"),
        "summary": "Staff session",
        "description": f"See or change your booking:\n{MANAGE}",
        "location": "Online",
        "organizer_name": "Staff sessions",
        "organizer_address": "sessions@support.example",
        "url": MANAGE,
        "cancelled": False,
        "stamped_at": MORNING,
    }
    return CalendarEntry(**(facts | changes))


def read(file: bytes) -> tuple[icalendar.Calendar, Any]:
    """The file as a calendar programme understands it; it holds one event and nothing else."""
    calendar = icalendar.Calendar.from_ical(file)
    [event] = calendar.walk("VEVENT")
    assert calendar.subcomponents == [event]
    return calendar, event


def names(file: bytes) -> list[str]:
    """The name of every property, line by line as RFC 5545 unfolds them."""
    lines = file.decode().replace("\r\n ", "").split("\r\n")
    return [line.partition(":")[0].partition(";")[0] for line in lines]


def test_a_programme_reads_what_the_entry_says() -> None:
    calendar, event = read(calendar_file(entry()))

    assert (calendar["version"], calendar["method"]) == ("2.0", "PUBLISH")
    assert (event["uid"], event["sequence"], event["status"]) == ("booking-0a1b@support.example", 3, "CONFIRMED")
    assert (event["summary"], event["url"]) == ("Staff session", MANAGE)
    assert event["description"] == f"See or change your booking:\n{MANAGE}"
    assert event["location"] == "Online"
    assert event["dtstamp"].dt == MORNING


def test_it_is_published_by_the_organiser_and_lists_nobody_who_attends() -> None:
    _, event = read(calendar_file(entry()))

    assert (event["organizer"], event["organizer"].params["CN"]) == (
        "mailto:sessions@support.example",
        "Staff sessions",
    )
    assert "attendee" not in event


def test_colleagues_who_see_the_calendar_see_that_the_time_is_taken_and_no_more() -> None:
    _, event = read(calendar_file(entry()))

    assert (event["class"], event["transp"]) == ("PRIVATE", "OPAQUE")


def test_a_file_has_these_lines_and_no_others() -> None:
    event = "UID SEQUENCE DTSTAMP DTSTART DTEND SUMMARY DESCRIPTION LOCATION ORGANIZER URL STATUS CLASS TRANSP"
    lines = f"BEGIN VERSION PRODID METHOD BEGIN {event} END END"

    assert sorted(names(calendar_file(entry()))) == sorted(["", *lines.split()])


def test_a_cancelled_booking_takes_the_same_entry_away() -> None:
    calendar, event = read(calendar_file(entry(cancelled=True, sequence=4)))

    assert (calendar["method"], event["status"]) == ("CANCEL", "CANCELLED")
    assert (event["uid"], event["sequence"]) == (entry().uid, 4)


def test_the_same_entry_is_the_same_file_byte_for_byte() -> None:
    assert calendar_file(entry()) == calendar_file(entry())


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        pytest.param("2023-03-25 15:00", "20230325T150000Z", id="the day before the clocks go forward"),
        pytest.param("2023-03-26 15:00", "20230326T140000Z", id="the day the clocks go forward"),
        pytest.param("2023-10-28 15:00", "20231028T140000Z", id="the day before the clocks go back"),
        pytest.param("2023-10-29 15:00", "20231029T150000Z", id="the day the clocks go back"),
        pytest.param("2023-12-31 23:30", "20231231T233000Z", id="over midnight and into another year"),
    ],
)
def test_times_are_right_on_both_sides_of_each_clock_change(wall: str, utc: str) -> None:
    file = calendar_file(entry(starts=london(wall), ends=london(wall) + timedelta(minutes=75)))

    _, event = read(file)
    assert f"\r\nDTSTART:{utc}\r\n".encode() in file
    assert (event["dtstart"].dt, event["dtend"].dt) == (london(wall), london(wall) + timedelta(minutes=75))
    assert b"TZID" not in file
    assert b"VTIMEZONE" not in file


def test_moments_in_any_zone_come_out_in_utc() -> None:
    elsewhere = datetime.fromisoformat("2023-09-08T15:00:00+01:00")

    assert calendar_file(entry(starts=elsewhere)) == calendar_file(entry(starts=elsewhere.astimezone(UTC)))


@every_row("field", ["summary", "description", "location", "organizer_name"])
@every_row("text", HOSTILE)
def test_no_text_can_add_a_line_of_its_own(field: str, text: str) -> None:
    file = calendar_file(entry(**{field: text}))

    read(file)
    assert names(file) == names(calendar_file(entry()))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_file_ends_its_lines_as_the_standard_says_and_none_is_longer_than_75_octets(text: str) -> None:
    file = calendar_file(entry(summary=text, description=text * 3, location=text, organizer_name=text))

    lines = file.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert lines[-1] == b""
    assert not any(byte in b"".join(lines) for byte in (b"\r", b"\n", b"\x00", b"\x0b", b"\x1b"))


def test_text_in_any_script_arrives_whole() -> None:
    words = "Ọ́káfọ̀ 李 أحمد; O’Neill, \\ 😔 " * 9
    _, event = read(calendar_file(entry(summary=words, description=f"{words}\n{words}", organizer_name="Zoë, 李")))

    assert event["summary"] == words.strip()
    assert event["description"] == f"{words.strip()}\n{words.strip()}"
    assert event["organizer"].params["CN"] == "Zoë, 李"


@every_row("field", ["uid", "url", "organizer_address"])
@every_row("text", ["", *HOSTILE])
def test_what_is_no_uid_no_address_and_no_url_is_refused(field: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid (uid|URL|address)"):
        calendar_file(entry(**{field: text}))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "/manage/x", "https://a b", "https://a\\nb"]
)
def test_only_an_address_on_the_web_is_a_url(url: str) -> None:
    with pytest.raises(ValueError, match="invalid URL"):
        calendar_file(entry(url=url))


def test_an_address_is_one_address_and_nothing_behind_it() -> None:
    _, event = read(calendar_file(entry(organizer_address="a?cc=b%2c@support.example")))

    assert event["organizer"] == "mailto:a%3Fcc%3Db%252c@support.example"


@pytest.mark.parametrize("field", ["starts", "ends", "stamped_at"])
def test_a_moment_without_a_time_zone_is_refused(field: str) -> None:
    naive = getattr(entry(), field).replace(tzinfo=None)

    with pytest.raises(ValueError, match="datetime has no time zone"):
        calendar_file(entry(**{field: naive}))


def test_an_entry_that_ends_as_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="end must be after start"):
        calendar_file(entry(ends=entry().starts))


def test_the_calendar_library_loads_with_the_first_file_and_not_before() -> None:
    code = "import sys, shared.bookings.self_service.calendar; assert 'icalendar' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
