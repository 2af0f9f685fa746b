"""Giving places: the service over a table in memory, with every fault that storage can have."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import (
    BookingError,
    BookingsBusyError,
    SessionClosedError,
    SessionFullError,
    SessionPastError,
    SessionUnknownError,
    SubmissionCancelledError,
    SubmissionReusedError,
)
from shared.bookings.places.applicant import applicant
from shared.bookings.places.request import BookingResult
from shared.bookings.places.service import BookingService
from shared.bookings.tables.repository import GUARD, BookingRepository
from shared.bookings.tables.session_register import SessionRegister
from shared.mail.ledger import MailLedger
from shared.reminder_offsets import parse_offsets
from shared.tables.table import Row, StorageUnavailableError, Table, Write
from tests.builders import KEY, MORNING, POLICY, booking_request, london, session_cells
from tests.fakes import FAULTS, Crash, FakeTable, FakeTime, Fault, InjectedFault, with_fault

SUBMISSION = "submission-0123456789"


class ServiceHarness:
    """The booking side over two tables that a test can look into."""

    def __init__(self, **cells: object) -> None:
        self.sessions, self.bookings = FakeTable(), FakeTable()
        self.sessions.insert(session_cells(**cells))
        self.time = FakeTime()
        self.service = self.over(self.sessions, self.bookings)

    def over(self, sessions: Table, bookings: Table) -> BookingService:
        repository = BookingRepository(sessions, bookings, parse_offsets("P1D,PT1H"), SessionRegister(FakeTable()))
        log = MailLedger(FakeTable(), FakeTable())
        return BookingService(repository, KEY, POLICY, log=log, monotonic=self.time.monotonic, sleep=self.time.sleep)

    @property
    def attendees(self) -> list[Row]:
        return [row for row in self.bookings.rows.values() if row.key != GUARD]

    @property
    def confirmed(self) -> int:
        return sum(row.text("State") == AttendeeState.CONFIRMED for row in self.attendees)

    def cancel(self, row: Row) -> None:
        self.bookings.merge({"PartitionKey": row.partition, "RowKey": row.key, "State": "cancelled"}, row.etag)


def person(number: int) -> str:
    return f"person{number}@example.nhs.uk"


def test_a_booking_is_a_row_that_an_administrator_can_read() -> None:
    harness = ServiceHarness()

    harness.service.book(booking_request(adjustments="Captions"), MORNING)

    [row] = harness.attendees
    assert row.text("Name") == "Zoë Okafor"
    assert row.text("State") == "confirmed"
    assert row.text("Session") == "Fri 8 Sep, 3pm"
    assert row.text("Adjustments") == "Captions"
    assert row.text("BookedAt") == "2023-09-01T08:00:00Z"


def test_a_row_key_says_nothing_about_the_person() -> None:
    harness = ServiceHarness()

    harness.service.book(booking_request(), MORNING)

    [row] = harness.attendees
    assert row.key.startswith("booking-")
    assert "zoe" not in row.key


def test_a_text_that_a_spreadsheet_would_calculate_is_kept_as_text() -> None:
    harness = ServiceHarness()

    harness.service.book(booking_request(adjustments="=HYPERLINK(1)"), MORNING)

    assert harness.attendees[0].text("Adjustments") == "'=HYPERLINK(1)"


def test_the_last_place_is_given_once() -> None:
    harness = ServiceHarness(Capacity=1)
    harness.service.book(booking_request(email=person(1)), MORNING)

    with pytest.raises(SessionFullError):
        harness.service.book(booking_request(email=person(2)), MORNING)

    assert harness.confirmed == 1


@pytest.mark.parametrize("state", ["to-check", "Confirmed", "a word of someone's own"])
def test_whoever_an_administrator_wrote_onto_the_roster_holds_a_place(state: str) -> None:
    harness = ServiceHarness(Capacity=1)
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": "by hand", "State": state})

    with pytest.raises(SessionFullError):
        harness.service.book(booking_request(), MORNING)


def test_a_full_session_stores_nothing() -> None:
    harness = ServiceHarness(Capacity=0)

    with pytest.raises(SessionFullError):
        harness.service.book(booking_request(), MORNING)

    assert harness.bookings.rows == {}


def test_fifty_at_once_get_exactly_the_twelve_places() -> None:
    harness = ServiceHarness()
    outcomes: list[object] = []

    def book(number: int) -> None:
        try:
            outcomes.append(harness.service.book(booking_request(email=person(number)), MORNING))
        except SessionFullError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=book, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert harness.confirmed == 12
    assert sum(isinstance(outcome, BookingResult) for outcome in outcomes) == 12


class UnguardedTable(FakeTable):
    """A table without the guard: every condition on an ETag is dropped."""

    def _check(self, writes: Sequence[Write]) -> None:
        """Accepts anything."""

    def apply(self, writes: Sequence[Write]) -> list[str]:
        return super().apply([Write("create", write.cells) for write in writes])


def test_without_the_guard_two_processes_overbook() -> None:
    """The negative control: what holds the promise above is the guard, not the order of this test."""
    harness = ServiceHarness(Capacity=1)
    harness.bookings = UnguardedTable()
    first, second = harness.over(harness.sessions, harness.bookings), harness.over(harness.sessions, harness.bookings)
    seen = [service._snapshot(applicant(booking_request(), KEY), 0.0) for service in (first, second)]

    for number, (service, look) in enumerate(zip((first, second), seen, strict=True)):
        service._decide(look, applicant(booking_request(email=person(number)), KEY), MORNING)

    assert harness.confirmed == 2


def test_with_the_guard_the_second_of_two_processes_is_told_the_truth() -> None:
    harness = ServiceHarness(Capacity=1)
    first, second = harness.over(harness.sessions, harness.bookings), harness.over(harness.sessions, harness.bookings)
    for service in (first, second):
        service._snapshot(applicant(booking_request(), KEY), 0.0)

    first.book(booking_request(email=person(1)), MORNING)
    with pytest.raises(SessionFullError):
        second.book(booking_request(email=person(2)), MORNING)

    assert harness.confirmed == 1


class OvertakenTable(FakeTable):
    """Someone else books right before the first transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.others: list[BookingService] = []
        self.transactions = 0

    def apply(self, writes: Sequence[Write]) -> list[str]:
        self.transactions += 1
        while self.others:
            self.others.pop().book(booking_request(email=person(2)), MORNING)
        return super().apply(writes)


def test_a_lost_race_is_decided_again_by_a_new_look_at_once() -> None:
    harness = ServiceHarness(Capacity=2)
    overtaken = harness.bookings = OvertakenTable()
    service = harness.over(harness.sessions, overtaken)
    overtaken.others.append(harness.over(harness.sessions, overtaken))

    assert service.book(booking_request(email=person(1)), MORNING).state is AttendeeState.CONFIRMED

    assert overtaken.transactions == 3, "the one that lost, the one that won, and one more"
    assert harness.confirmed == 2


def test_freed_place_can_be_booked_despite_the_snapshot_cache() -> None:
    harness = ServiceHarness(Capacity=1)
    harness.service.book(booking_request(email=person(1)), MORNING)
    harness.cancel(harness.attendees[0])
    harness.time.seconds += 0.1

    assert harness.service.book(booking_request(email=person(2)), MORNING).state is AttendeeState.CONFIRMED


def test_a_warm_booking_is_one_request() -> None:
    harness = ServiceHarness()
    harness.service.book(booking_request(email=person(1)), MORNING)
    before = harness.sessions.calls + harness.bookings.calls
    harness.time.seconds += 0.1

    harness.service.book(booking_request(email=person(2)), MORNING)

    assert harness.sessions.calls + harness.bookings.calls - before == 1


def test_snapshot_cache_expires_after_two_seconds() -> None:
    harness = ServiceHarness()
    harness.service.book(booking_request(email=person(1)), MORNING)
    harness.sessions.put(session_cells(State="closed"))
    harness.time.seconds += 2.5

    with pytest.raises(SessionClosedError):
        harness.service.book(booking_request(email=person(2)), MORNING)


def test_the_same_submission_gets_the_stored_answer_and_no_second_mail() -> None:
    harness = ServiceHarness(Capacity=1)
    request = booking_request(submission_id=SUBMISSION)
    first = harness.service.book(request, MORNING)

    again = harness.service.book(request, MORNING + timedelta(hours=3))

    assert (again.reference, again.state, again.mail_ids) == (first.reference, first.state, ())
    assert harness.confirmed == 1


def test_the_same_submission_with_other_answers_is_refused_and_the_first_stands() -> None:
    harness = ServiceHarness()
    harness.service.book(booking_request(submission_id=SUBMISSION), MORNING)

    with pytest.raises(SubmissionReusedError):
        harness.service.book(booking_request(submission_id=SUBMISSION, full_name="Another Name"), MORNING)

    assert harness.attendees[0].text("Name") == "Zoë Okafor"


@pytest.mark.parametrize("changed", [{}, {"full_name": "Another Name"}, {"email": "other@example.nhs.uk"}])
def test_the_same_submission_after_its_booking_was_cancelled_says_so_and_books_nothing(changed: dict[str, str]) -> None:
    harness = ServiceHarness()
    harness.service.book(booking_request(submission_id=SUBMISSION), MORNING)
    harness.cancel(harness.attendees[0])
    harness.time.seconds += 3

    with pytest.raises(SubmissionCancelledError) as refused:
        harness.service.book(booking_request(submission_id=SUBMISSION, **changed), MORNING)

    assert refused.value.reason == harness.attendees[0].text("Reason")
    assert harness.confirmed == 0
    harness.service.book(booking_request(submission_id="another-submission", **changed), MORNING)
    assert harness.confirmed == 1


def test_an_address_that_has_a_place_is_answered_as_a_strangers() -> None:
    booked, fresh = ServiceHarness(), ServiceHarness()
    booked.service.book(booking_request(), MORNING)

    known = booked.service.book(booking_request(), MORNING)
    stranger = fresh.service.book(booking_request(), MORNING)

    assert (known.reference, known.state) == (stranger.reference, stranger.state)
    assert booked.confirmed == 1


def test_an_address_that_has_a_place_is_told_full_like_a_stranger() -> None:
    harness = ServiceHarness(Capacity=1)
    harness.service.book(booking_request(), MORNING)

    with pytest.raises(SessionFullError):
        harness.service.book(booking_request(), MORNING)


def test_asking_again_is_answered_by_mail_at_most_once_an_hour() -> None:
    harness = ServiceHarness()
    harness.service.book(booking_request(), MORNING)

    minutes = (1, 2, 60, 61, 62)
    mails = [
        harness.service.book(booking_request(), MORNING + timedelta(minutes=minute)).mail_ids for minute in minutes
    ]

    assert [len(mail) for mail in mails] == [1] * len(minutes), "a stranger's booking names one as well"
    assert [mail not in mails[:place] for place, mail in enumerate(mails)] == [True, False, False, True, False]
    assert "again-20230901T0801Z" in str(mails[0])


def test_a_tag_in_the_address_makes_no_second_person() -> None:
    harness = ServiceHarness()
    harness.service.book(booking_request(email="ann@example.nhs.uk"), MORNING)
    harness.service.book(booking_request(email="Ann+two@example.nhs.uk"), MORNING)

    assert harness.confirmed == 1


def test_booking_again_after_cancelling_is_a_new_generation_with_mails_of_its_own() -> None:
    harness = ServiceHarness()
    first = harness.service.book(booking_request(), MORNING)
    harness.cancel(harness.attendees[0])
    harness.time.seconds += 3

    second = harness.service.book(booking_request(), MORNING)

    [row] = harness.attendees
    assert (row.integer("Generation"), row.text("State")) == (2, "confirmed")
    assert first.mail_ids != second.mail_ids
    assert first.reference == second.reference


def test_a_row_that_an_administrator_deleted_stays_deleted_until_the_person_books_again() -> None:
    harness = ServiceHarness()
    harness.service.book(booking_request(), MORNING)
    [row] = harness.attendees
    del harness.bookings.rows[(row.partition, row.key)]

    harness.service.book(booking_request(email=person(2)), MORNING)

    assert [each.text("Email") for each in harness.attendees] == [person(2)]


@pytest.mark.parametrize(
    ("cells", "now", "error"),
    [
        ({"State": "draft"}, MORNING, SessionClosedError),
        ({"State": ""}, MORNING, SessionClosedError),
        ({"State": "closed"}, MORNING, SessionClosedError),
        ({"State": "cancelled"}, MORNING, SessionClosedError),
        ({}, london("2023-09-08 15:00"), SessionPastError),
        ({"Capacity": "twelve"}, MORNING, SessionUnknownError),
        ({"Date": "26/10/2023"}, MORNING, SessionUnknownError),
        ({"Date": "2024-03-31", "Time": "01:30"}, MORNING, SessionUnknownError),
        ({"RowKey": "other"}, MORNING, SessionUnknownError),
    ],
)
def test_a_session_that_takes_no_booking_says_why(
    cells: dict[str, object], now: datetime, error: type[BookingError]
) -> None:
    harness = ServiceHarness(**cells)

    with pytest.raises(error):
        harness.service.book(booking_request(), now)

    assert harness.bookings.rows == {}


def test_a_place_may_be_booked_until_the_minute_it_starts() -> None:
    harness = ServiceHarness()

    booked = harness.service.book(booking_request(), london("2023-09-08 14:59"))

    assert booked.state is AttendeeState.CONFIRMED


@pytest.mark.parametrize("cells", [{"Capacity": "12"}, {"Capacity": 12.0}, {"Capacity": ("12", "Edm.Int64")}])
def test_a_number_that_the_portal_retyped_is_still_a_number(cells: dict[str, object]) -> None:
    assert ServiceHarness(**cells).service.bookable_sessions(MORNING)[0].places_left == 12


def test_one_row_that_nobody_can_read_leaves_the_others_open() -> None:
    harness = ServiceHarness()
    harness.sessions.insert(session_cells(RowKey="bad", Date="tomorrow"))

    assert [opening.session.id for opening in harness.service.bookable_sessions(MORNING)] == ["s1"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("gives_up", [True, False], ids=["gives up", "tries again"])
def test_no_fault_at_any_call_books_twice_or_confirms_what_is_not_stored(fault: Fault, *, gives_up: bool) -> None:
    """Every call of a booking x every fault x what the person does then."""
    for at in range(100):
        harness = ServiceHarness(Capacity=1)
        trouble = InjectedFault(at, fault)
        service = harness.over(with_fault(trouble)(harness.sessions), with_fault(trouble)(harness.bookings))

        answer = _attempt(service)
        if not trouble.triggered:
            assert at >= 4, "session, first announcement, roster and transaction were each broken"
            return
        if answer is None and not gives_up:
            answer = _attempt(harness.service)

        assert harness.confirmed <= 1
        assert answer is None or harness.confirmed == 1, "no thanks without a row"
        assert gives_up or answer is not None, "a second try always ends well"
    pytest.fail("the calls never ended")


def _attempt(service: BookingService) -> BookingResult | None:
    try:
        return service.book(booking_request(submission_id=SUBMISSION), MORNING)
    except (Crash, BookingsBusyError):
        return None


def test_storage_that_never_answers_ends_in_a_clear_error_within_the_patience() -> None:
    harness = ServiceHarness()
    started = harness.time.seconds

    class SilentTable(FakeTable):
        def query(self, select: Sequence[str] = (), **like: str) -> list[Row]:
            harness.time.seconds += 3
            raise StorageUnavailableError

    service = harness.over(SilentTable(), harness.bookings)
    with pytest.raises(BookingsBusyError):
        service.book(booking_request(), MORNING)

    assert harness.time.seconds - started < 30


def test_one_form_sent_with_two_addresses_is_one_place() -> None:
    """The back button, a typo mended, and sent again."""
    harness = ServiceHarness()
    harness.service.book(booking_request(submission_id=SUBMISSION, email="zoe@example.nhs.uk"), MORNING)

    with pytest.raises(SubmissionReusedError):
        harness.service.book(booking_request(submission_id=SUBMISSION, email="zoe.o@example.nhs.uk"), MORNING)

    assert harness.confirmed == 1


def test_one_form_sent_for_two_sessions_books_both() -> None:
    """Someone went back and chose another one: each is confirmed by mail, with a link to give it up again."""
    harness = ServiceHarness()
    harness.sessions.insert(session_cells(RowKey="s2"))
    for session_id in ("s1", "s2", "s1", "s2"):
        request = booking_request(session_id=session_id, submission_id=SUBMISSION)
        assert harness.service.book(request, MORNING).session.id == session_id

    assert sorted(row.partition for row in harness.attendees) == ["s1", "s2"]
