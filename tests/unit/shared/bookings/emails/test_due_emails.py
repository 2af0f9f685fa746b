"""Emails owed at a moment follow from the session, the roster and the log, and from nothing else."""

from datetime import datetime, timedelta

import pytest

from shared.bookings.emails.due_emails import due_emails, mails_to_send
from shared.bookings.model.attendee import Attendee, AttendeeState, Roster
from shared.bookings.model.email_ids import MailId, MailKind
from shared.bookings.model.session import Session, SessionState
from shared.bookings.reconcile.roster import reconcile_roster
from shared.mail.log_rows import MailLogEntry, MailState
from shared.reminder_offsets import parse_offsets
from tests.builders import MORNING, POLICY, attendee, entry, london, session
from tests.every_row import every_row

CONFIRMATION = "booking-a-1-confirmation"
DAY_BEFORE = "booking-a-1-reminder-P1D-20230908T1400Z"
HOUR_BEFORE = "booking-a-1-reminder-PT1H-20230908T1400Z"


def due(now: datetime, *sent: MailLogEntry | str, of: Session | None = None, who: Attendee | None = None) -> list[str]:
    entries = [each if isinstance(each, MailLogEntry) else entry(each) for each in sent]
    roster = Roster((who or attendee(),), "guard")
    log = {each.mail_id: each for each in entries}
    return [str(mail_id) for mail_id in mails_to_send(of or session(), roster, log, POLICY, now)]


def test_a_confirmation_is_owed_from_the_moment_of_booking() -> None:
    assert due(MORNING) == [CONFIRMATION]


def test_what_was_sent_is_not_owed() -> None:
    assert due(MORNING, CONFIRMATION) == []


@pytest.mark.parametrize("state", [MailState.DELIVERED, MailState.BOUNCED, MailState.FAILED, MailState.SKIPPED])
def test_what_came_to_another_end_is_not_owed_either(state: MailState) -> None:
    assert due(MORNING, entry(CONFIRMATION, state)) == []


def test_what_someone_is_sending_is_owed_again_only_when_their_claim_has_ended() -> None:
    claimed = entry(CONFIRMATION, MailState.SENDING, not_before=MORNING + timedelta(minutes=10))

    assert due(MORNING + timedelta(minutes=9), claimed) == []
    assert due(MORNING + timedelta(minutes=10), claimed) == [CONFIRMATION]


def test_each_reminder_is_due_from_its_moment_on() -> None:
    assert due(london("2023-09-07 14:59"), CONFIRMATION) == []
    assert due(london("2023-09-07 15:00"), CONFIRMATION) == [DAY_BEFORE]
    assert due(london("2023-09-08 14:00"), CONFIRMATION, DAY_BEFORE) == [HOUR_BEFORE]


def test_after_an_outage_only_the_nearest_reminder_is_sent() -> None:
    assert due(london("2023-09-08 14:30"), CONFIRMATION) == [HOUR_BEFORE]


def test_the_earlier_reminder_does_not_follow_the_later_one() -> None:
    assert due(london("2023-09-08 14:30"), CONFIRMATION, HOUR_BEFORE) == []


def test_nobody_is_reminded_of_a_session_that_has_started() -> None:
    assert due(london("2023-09-08 15:00"), CONFIRMATION) == []


def test_a_reminder_that_was_past_at_booking_is_never_sent() -> None:
    late = attendee(booked_at=london("2023-09-08 10:00"))

    assert due(london("2023-09-08 13:59"), CONFIRMATION, who=late) == []
    assert due(london("2023-09-08 14:00"), CONFIRMATION, who=late) == [HOUR_BEFORE]


def test_who_opted_out_gets_the_confirmation_and_no_reminder() -> None:
    quiet = attendee(reminders=False)

    assert due(london("2023-09-08 14:30"), who=quiet) == [CONFIRMATION]


def test_who_cancelled_long_ago_is_owed_nothing() -> None:
    assert due(london("2023-09-08 14:30"), who=attendee(state=AttendeeState.CANCELLED)) == []


def test_a_draft_owes_nothing() -> None:
    assert due(london("2023-09-08 14:30"), of=session(state=SessionState.DRAFT)) == []


def test_a_session_closed_to_bookings_still_reminds_those_who_are_on_it() -> None:
    assert due(london("2023-09-08 14:30"), CONFIRMATION, of=session(state=SessionState.CLOSED)) == [HOUR_BEFORE]


def test_a_session_that_moved_is_reminded_of_at_its_new_time() -> None:
    moved = session(starts=london("2023-09-15 11:00"))

    assert due(london("2023-09-08 14:30"), CONFIRMATION, DAY_BEFORE, of=moved) == []
    assert due(london("2023-09-14 11:00"), CONFIRMATION, DAY_BEFORE, of=moved) == [
        "booking-a-1-reminder-P1D-20230915T1000Z"
    ]


def test_a_session_may_have_reminders_of_its_own() -> None:
    early = session(reminders=parse_offsets("P1W"))

    assert due(london("2023-09-01 15:00"), CONFIRMATION, of=early) == ["booking-a-1-reminder-P1W-20230908T1400Z"]
    assert due(london("2023-09-08 14:30"), CONFIRMATION, "booking-a-1-reminder-P1W-20230908T1400Z", of=early) == []


def test_who_asked_again_is_owed_an_answer_once() -> None:
    again = attendee(asked_again_at=MORNING + timedelta(minutes=5))
    answer = "booking-a-1-again-20230901T0805Z"

    assert due(MORNING + timedelta(minutes=6), CONFIRMATION, who=again) == [answer]
    assert due(MORNING + timedelta(minutes=6), CONFIRMATION, answer, who=again) == []


def test_someone_without_an_address_is_owed_nothing_that_could_be_sent() -> None:
    assert due(MORNING, who=attendee(email="")) == []


def test_the_roster_says_which_mails_went_out_and_which_comes_next() -> None:
    log = {CONFIRMATION: entry(CONFIRMATION)}
    changes = reconcile_roster(session(), Roster((attendee(),), "g"), log, POLICY, MORNING)

    assert [each.mail for each in changes.changed] == ["confirmation sent Fri 1 Sep, 9am; reminder due Thu 7 Sep, 3pm"]


def test_a_roster_that_says_so_already_is_left_alone() -> None:
    told = attendee(mail="confirmation sent Fri 1 Sep, 9am; reminder due Thu 7 Sep, 3pm")

    log = {CONFIRMATION: entry(CONFIRMATION)}
    assert reconcile_roster(session(), Roster((told,), "g"), log, POLICY, MORNING).changed == ()


@pytest.mark.parametrize(
    "mail_id",
    [
        MailId("booking-a", 1, MailKind.CONFIRMATION),
        MailId("by-hand-2-confirmation", 12, MailKind.REMINDER, "PT1H-20230908T1400Z"),
        MailId("Zoë, by hand", 1, MailKind.ALREADY_BOOKED, "20230901T0805Z"),
    ],
)
def test_a_mail_id_is_read_back_as_it_was_written(mail_id: MailId) -> None:
    assert MailId.parse(str(mail_id)) == mail_id


@pytest.mark.parametrize("text", ["", "confirmation", "booking-a-confirmation", "booking-a-1-invoice", "{}"])
def test_what_is_no_mail_id_is_none(text: str) -> None:
    assert MailId.parse(text) is None


def test_everything_owed_is_about_the_attendees_present_generation() -> None:
    again = attendee(generation=3)

    assert {mail_id.generation for mail_id in due_emails(session(), again, POLICY, london("2023-09-08 14:30"))} == {3}


@every_row("joined, is_told", [("2023-09-07 14:59", True), ("2023-09-07 15:00", False), ("2023-09-07 16:00", False)])
def test_who_waits_is_told_that_the_list_has_ended_unless_they_joined_after_it(joined: str, *, is_told: bool) -> None:
    waits = attendee(state=AttendeeState.WAITING, booked_at=london(joined), waiting_since=london(joined))

    found = due_emails(session(), waits, POLICY, london("2023-09-07 17:00"))

    assert (MailKind.CUTOFF in {each.kind for each in found}) is is_told


@every_row("held, kinds", [(False, [MailKind.CONFIRMATION, MailKind.REMINDER]), (True, [MailKind.CONFIRMATION])])
def test_while_an_administrator_holds_emails_no_reminder_is_owed(kinds: list[MailKind], *, held: bool) -> None:
    due_then = london("2023-09-08 14:30")

    found = due_emails(session(holds_emails=held), attendee(), POLICY, due_then)

    assert [each.kind for each in found] == kinds
