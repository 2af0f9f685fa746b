"""How many people came: a number in the session's row, a word in each booking, or no column at all."""

from typing import Any

import pytest

from shared.config.choices import Attendance
from tests.builders import london
from tests.unit.shared.bookings.booking_system import BookingHarness

AFTER = london("2023-09-08 16:20")  # five minutes after the session ends
ASKED = "Write into Attended how many people came, by 29 December 2023."


def harness_with(attendance: Attendance, **cells: Any) -> BookingHarness:
    harness = BookingHarness(**cells)
    harness.attendance = attendance
    harness.book("ann")
    harness.tick()
    return harness


def said(harness: BookingHarness) -> tuple[str, str]:
    row = harness.session_row()
    return row.text("Problem"), row.text("Notice")


def typed(harness: BookingHarness, **cells: Any) -> tuple[str, str]:
    """Writes cells into the row, and returns what it says after the next run."""
    harness.edit_session(**cells)
    harness.pass_time(minutes=5)
    harness.tick()
    return said(harness)


@pytest.fixture
def over() -> BookingHarness:
    harness = harness_with(Attendance.COUNT)
    harness.at(AFTER)
    harness.tick()
    return harness


@pytest.mark.parametrize(
    ("attendance", "of_session", "of_booking"),
    [(Attendance.NONE, False, False), (Attendance.COUNT, True, False), (Attendance.NAMES, False, True)],
)
def test_the_column_exists_only_where_it_is_to_be_filled_in(
    attendance: Attendance, *, of_session: bool, of_booking: bool
) -> None:
    harness = harness_with(attendance)
    harness.at(AFTER)
    harness.tick()

    assert ("Attended" in harness.session_row().cells, "Attended" in harness.row("ann").cells) == (
        of_session,
        of_booking,
    )
    assert bool(said(harness)[1]) is (attendance is not Attendance.NONE)


def test_a_booking_made_before_the_form_said_so_has_no_column() -> None:
    harness = harness_with(Attendance.COUNT)
    harness.attendance = Attendance.NAMES
    harness.book("ben")
    harness.at(AFTER)
    harness.tick()

    assert ["Attended" in harness.row(name).cells for name in ("ann", "ben")] == [False, True]
    assert said(harness) == ("", "Write yes or no into Attended of each booking, by 29 December 2023.")


def test_a_session_that_is_over_asks_for_the_number_and_says_what_it_read(over: BookingHarness) -> None:
    assert said(over) == ("", ASKED)
    assert typed(over, Attended=9) == ("", "9 people attended. You can correct this until 29 December 2023.")
    assert typed(over, Attended=" 1 ") == ("", "1 person attended. You can correct this until 29 December 2023.")
    assert typed(over, Attended="12.0") == ("", "12 people attended. You can correct this until 29 December 2023.")
    assert typed(over, Attended=0) == ("", "0 people attended. You can correct this until 29 December 2023.")
    assert typed(over, Attended="") == ("", ASKED)
    assert over.session_row().text("Over") == "yes"


def test_what_cannot_be_a_number_of_people_is_asked_back_in_words(over: BookingHarness) -> None:
    wanted = {
        "nine": "Write how many people came, for example 9.",
        "-1": "Write how many people came, for example 9.",
        "1/2": "Write how many people came, for example 9.",
        "13": "Write a number from 0 to 12. If more people came than there were places, write a higher Capacity too.",
        "9"
        * 400: "Write a number from 0 to 12. If more people came than there were places, write a higher Capacity too.",
    }
    for text, words in wanted.items():
        problem, notice = typed(over, Attended=text)
        assert problem.startswith(f'Attended is "{text[:39]}')
        assert (problem.endswith(words), notice) == (True, "")
    assert typed(over, Attended="13", Capacity="15")[0] == ""


def test_a_number_before_the_session_is_too_early_and_counts_nothing() -> None:
    harness = harness_with(Attendance.COUNT)
    assert typed(harness, Attended=9)[0] == "Attended is for after the session. Empty it until then."
    assert typed(harness, Attended="")[0] == ""
    harness.at(london("2023-09-08 15:30"))
    assert typed(harness, Attended=9)[0] == "", "it has begun"


def test_what_was_wrong_when_the_session_ended_stays_beside_it(over: BookingHarness) -> None:
    typed(over, Problem="Something else.")
    assert typed(over, Attended="nine")[0].startswith('Something else. Attended is "nine"')
    assert typed(over, Attended="9")[0] == "Something else."


def test_nothing_is_written_again_where_nothing_was_typed(over: BookingHarness) -> None:
    typed(over, Attended=9)
    before = over.session_row().etag
    for _ in range(30):
        over.pass_time(hours=5)
        over.tick()

    assert over.session_row().etag == before


@pytest.mark.parametrize("state", ["cancelled", "draft", "test"])
def test_a_session_that_did_not_take_place_asks_for_nothing(state: str) -> None:
    harness = BookingHarness(State=state)
    harness.tick()
    harness.at(AFTER)
    harness.tick()

    assert said(harness) == ("", "")


def test_a_row_that_was_over_before_there_was_the_column_gets_it() -> None:
    """The portal offers only columns that a row has."""
    harness = BookingHarness(Date="2023-08-31")
    harness.tick()

    assert harness.session_row().cells["Attended"] == ""
    assert said(harness) == ("", "Write into Attended how many people came, by 29 November 2023.")


def test_a_row_whose_month_is_final_is_left_alone(over: BookingHarness) -> None:
    over.at(london("2023-12-30 00:05"))
    over.tick()

    assert typed(over, Attended=9) == ("", ASKED)


def test_what_is_wrong_with_the_link_for_feedback_stands_before_it_and_each_is_mended_alone(
    over: BookingHarness,
) -> None:
    link, number = 'FeedbackUrl is "http://forms.example/1".', 'Attended is "nine".'
    both = typed(over, FeedbackUrl="http://forms.example/1", Attended="nine")[0]
    assert (both.startswith(link), both.count(number), both.count(link)) == (True, 1, 1)
    etag = over.session_row().etag
    over.tick()
    assert over.session_row().etag == etag, "a run that finds nothing new writes nothing"
    assert typed(over, FeedbackUrl="https://forms.example/1")[0].startswith(number)
    assert typed(over, FeedbackUrl="http://forms.example/1", Attended="9")[0].startswith(link)
    assert typed(over, FeedbackUrl="https://forms.example/1")[0] == ""
