"""An administrator holds the updates and reminders of a session, and lets them go."""

import pytest

from tests.builders import london
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.test_joining_links import with_someone_waiting

HELD = "Updates and reminders are held until HoldEmails is empty."


def held(**cells: str) -> BookingHarness:
    """One place: Ann has it, Ben waits, and emails are held."""
    harness = with_someone_waiting()
    harness.edit_session(HoldEmails="yes", **cells)
    harness.tick()
    return harness


def let_go(harness: BookingHarness) -> None:
    harness.edit_session(HoldEmails="")
    harness.tick()


def run(harness: BookingHarness, until: str) -> None:
    harness.live(until=london(until))


def test_edits_made_while_emails_are_held_are_foretold_and_told_in_one_email_with_the_final_state() -> None:
    harness = held(Time="16:00")
    foretold = "2 people will be emailed once HoldEmails is empty: the session moves to Friday 8 September 2023, 4pm"
    assert harness.session_row().text("Notice") == f"{foretold} to 5:15pm. {HELD}"
    run(harness, "2023-09-01 10:00")
    harness.edit_session(Time="17:00", Theme="Rest")
    run(harness, "2023-09-01 11:00")
    assert (harness.kinds("ann"), harness.kinds("ben")) == (["booked"], ["waiting list"])

    let_go(harness)

    assert (harness.kinds("ann"), harness.kinds("ben")) == (["booked", "changed"], ["waiting list", "changed"])
    assert "5pm to 6:15pm" in harness.mails("ann")[1].text
    assert "4pm to" not in harness.mails("ann")[1].text
    assert harness.session_row().text("Notice") == ""
    assert harness.session_row().text("HeldSince") == ""


def test_an_edit_that_was_taken_back_while_emails_were_held_is_told_to_no_one() -> None:
    harness = held(Time="16:00")
    run(harness, "2023-09-01 10:00")
    harness.edit_session(Time="15:00")
    run(harness, "2023-09-01 11:00")
    assert harness.session_row().text("Notice") == HELD
    let_go(harness)

    assert (harness.kinds("ann"), harness.kinds("ben")) == (["booked"], ["waiting list"])


def test_an_edit_just_before_emails_go_again_still_settles() -> None:
    harness = held()
    run(harness, "2023-09-01 10:00")
    harness.edit_session(Time="16:00", HoldEmails="no")
    harness.tick()
    assert harness.kinds("ann") == ["booked"]
    run(harness, "2023-09-01 10:20")

    assert harness.kinds("ann") == ["booked", "changed"]


def test_reminders_that_are_past_when_emails_go_again_are_not_sent_late_and_later_ones_are() -> None:
    harness = held()
    run(harness, "2023-09-07 18:00")
    assert harness.kinds("ann") == ["booked"]
    let_go(harness)
    run(harness, "2023-09-08 13:00")
    assert harness.kinds("ann") == ["booked"]
    run(harness, "2023-09-08 14:30")

    assert harness.kinds("ann") == ["booked", "reminder"]


def test_confirmations_promotions_and_cancellations_are_never_held() -> None:
    harness = held()
    harness.cancel("ann")
    harness.tick()
    harness.book("cem", join_waiting_list=True)
    harness.tick()
    assert harness.kinds("ben") == ["waiting list", "booked"]
    assert harness.kinds("cem") == ["waiting list"]
    harness.edit_session(State="cancelled")
    run(harness, "2023-09-01 10:00")

    assert harness.kinds("ben") == ["waiting list", "booked", "cancelled"]
    assert harness.kinds("ann") == ["booked", "no longer booked"]


def test_a_confirmation_while_emails_are_held_says_nothing_of_reminders() -> None:
    harness = held()
    harness.edit_session(Capacity=5)
    harness.tick()
    harness.book("dov")
    harness.tick()
    [mail] = harness.mails("dov")

    assert "remind" not in mail.text.replace("stop reminders", "")
    assert harness.row("dov").text("Mail").endswith("reminder due Thu 7 Sep, 3pm, held")


def test_what_is_held_for_a_day_is_named_in_problem_until_it_is_let_go() -> None:
    harness = held()
    run(harness, "2023-09-02 08:50")
    assert harness.session_row().text("Problem") == ""
    run(harness, "2023-09-02 09:10")
    assert harness.session_row().text("Problem") == (
        "HoldEmails has been yes since Friday 1 September 2023, 9am: no update or reminder is sent. "
        "Empty it to send what is due."
    )
    let_go(harness)

    assert harness.session_row().text("Problem") == ""


def test_another_cell_that_cannot_be_read_lets_nothing_go() -> None:
    harness = held(Date="tomorrow")
    run(harness, "2023-09-08 14:55")

    assert harness.kinds("ann") == ["booked"]


@pytest.mark.parametrize("text", ["yes", "Yes ", " Y", "YES\n", "\u200byes", "true", "yes\x00", True], ids=ascii)
def test_yes_in_any_spelling_holds(text: object) -> None:
    harness = held()
    harness.edit_session(HoldEmails=text)
    harness.tick()

    assert harness.session_row().text("Problem") == ""
    assert harness.session_row().text("Notice") == HELD


@pytest.mark.parametrize("text", ["<b>yes</b>", "yes please", "x" * 10_000, "ja"], ids=lambda text: text[:9])
@pytest.mark.parametrize("before", ["yes", ""])
def test_a_text_that_cannot_be_read_is_named_and_leaves_it_as_it_was(before: str, text: str) -> None:
    harness = with_someone_waiting(HoldEmails=before)
    harness.edit_session(HoldEmails=text, Time="16:00")
    run(harness, "2023-09-01 10:00")

    assert "HoldEmails" in harness.session_row().text("Problem")
    assert harness.kinds("ann") == (["booked"] if before else ["booked", "changed"])


@pytest.mark.parametrize("text", ["no", "N ", "", "false", " \u202e"])
def test_no_and_nothing_hold_nothing(text: str) -> None:
    harness = with_someone_waiting(HoldEmails=text)
    harness.edit_session(Time="16:00")
    run(harness, "2023-09-01 10:00")

    assert harness.kinds("ann") == ["booked", "changed"]


def test_an_edit_that_concerns_no_one_counts_at_once_also_while_emails_are_held() -> None:
    harness = BookingHarness(HoldEmails="yes")
    harness.tick()
    harness.edit_session(Time="16:00")
    harness.tick()

    assert harness.repository().session("s1").starts == london("2023-09-08 16:00")  # type: ignore[union-attr]  # it is there
