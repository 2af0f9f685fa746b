"""Several sessions with one form: each a transaction of its own, whatever goes wrong between them."""

from collections.abc import Sequence

import pytest

from shared.bookings.model.errors import (
    BookingsBusyError,
    SessionClosedError,
    SessionFullError,
    SessionUnknownError,
)
from shared.bookings.places.request import BookingRequest
from shared.bookings.places.several_sessions import SessionOutcome, book_each, upcoming_sessions
from shared.tables.table import Row, StorageUnavailableError, Write
from tests.builders import MORNING, booking_request, session_cells
from tests.fakes import FAULTS, Crash, FakeTable, Fault, InjectedFault, with_fault
from tests.unit.shared.bookings.places.test_service import SUBMISSION, ServiceHarness

IDS = ("s1", "s2", "s3")


def harness(**of_the_second: object) -> ServiceHarness:
    """Three sessions, the second with these cells."""
    made = ServiceHarness()
    made.sessions.insert(session_cells(**{"RowKey": "s2", "Date": "2023-09-15"} | of_the_second))
    made.sessions.insert(session_cells(RowKey="s3", Date="2023-09-22"))
    return made


def wanted(*ids: str, waiting: Sequence[str] = ()) -> list[BookingRequest]:
    return [
        booking_request(session_id=each, join_waiting_list=each in waiting, submission_id=SUBMISSION) for each in ids
    ]


def booked(outcomes: Sequence[SessionOutcome]) -> list[str]:
    return [each.session_id for each in outcomes if each.result is not None]


def places(made: ServiceHarness) -> dict[str, int]:
    return {each: sum(row.partition == each for row in made.attendees) for each in IDS}


def test_each_session_has_a_row_of_its_own_and_the_same_form_again_gives_the_same_answers() -> None:
    made = harness()

    first = book_each(made.service, wanted(*IDS), MORNING)
    again = book_each(made.service, wanted(*IDS), MORNING)

    assert places(made) == dict.fromkeys(IDS, 1)
    answers = [
        [(each.session_id, each.result.reference, each.result.state) for each in found if each.result]
        for found in (first, again)
    ]
    assert answers[0] == answers[1]
    assert len({reference for _, reference, _ in answers[0]}) == 3
    assert [len(each.result.mail_ids) for each in first if each.result] == [1, 1, 1]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"Capacity": 0}, SessionFullError),
        ({"State": "cancelled"}, SessionClosedError),
        ({"State": "nonsense", "Date": "never"}, SessionUnknownError),
    ],
)
def test_a_session_that_cannot_be_booked_stops_no_other(cells: dict[str, object], expected: type[Exception]) -> None:
    made = harness(**cells)

    outcomes = book_each(made.service, wanted(*IDS), MORNING)

    assert (booked(outcomes), type(outcomes[1].error)) == (["s1", "s3"], expected)


def test_a_waiting_list_is_joined_only_where_it_was_asked_for() -> None:
    made = harness(Capacity=0)

    [refused] = book_each(made.service, wanted("s2"), MORNING)
    assert isinstance(refused.error, SessionFullError)
    assert refused.error.waiting_list
    outcomes = book_each(made.service, wanted("s1", "s2", waiting=["s2"]), MORNING)

    assert [str(each.result.state) for each in outcomes if each.result] == ["confirmed", "waiting"]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_at_any_call_books_twice_and_the_same_form_again_completes_the_rest(fault: Fault) -> None:
    """Every call of three bookings x every fault: what is called booked has a row, and the rest can be made up for."""
    for at in range(100):
        made = harness()
        trouble = InjectedFault(at, fault)
        broken = made.over(with_fault(trouble)(made.sessions), with_fault(trouble)(made.bookings))

        try:
            said = booked(book_each(broken, wanted(*IDS), MORNING))
        except Crash:
            said = []
        if not trouble.triggered:
            assert at >= 9, "the calls of all three sessions were each broken"
            return

        assert all(places(made)[each] == 1 for each in said), "no thanks without a row"
        assert booked(book_each(made.service, wanted(*IDS), MORNING)) == list(IDS)
        assert places(made) == dict.fromkeys(IDS, 1)
    pytest.fail("the calls never ended")


class DyingTable(FakeTable):
    """Answers as many transactions as it lives for, and nothing after them; each question to it takes 3 seconds."""

    def __init__(self, made: ServiceHarness, lives_for: int) -> None:
        super().__init__()
        self.made, self.left = made, lives_for

    def query(self, select: Sequence[str] = (), **like: str) -> list[Row]:
        self._live()
        return super().query(select, **like)

    def apply(self, writes: Sequence[Write]) -> list[str]:
        self._live()
        self.left -= 1
        return super().apply(writes)

    def _live(self) -> None:
        if not self.left:
            self.made.time.seconds += 3
            raise StorageUnavailableError


def test_storage_that_stays_away_after_one_session_costs_the_patience_of_one_booking_and_the_rest_is_not_tried() -> (
    None
):
    made = harness()
    dying = made.bookings = DyingTable(made, lives_for=1)
    service, started = made.over(made.sessions, dying), made.time.seconds

    outcomes = book_each(service, wanted(*IDS), MORNING)

    assert [type(each.error) for each in outcomes] == [type(None), BookingsBusyError, BookingsBusyError]
    assert [each.was_tried for each in outcomes] == [True, True, False]
    assert made.time.seconds - started < 30
    dying.left = 9
    assert places(made) == {"s1": 1, "s2": 0, "s3": 0}
    assert booked(book_each(service, wanted("s3", "s2", "s1"), MORNING)) == ["s3", "s2", "s1"]
    assert places(made) == dict.fromkeys(IDS, 1)


def test_upcoming_sessions_are_found_by_id_also_if_they_take_no_bookings_and_cost_one_request() -> None:
    made = harness(State="closed")
    assert set(upcoming_sessions(made.service, MORNING)) == set(IDS)
    before = made.sessions.calls
    upcoming_sessions(made.service, MORNING)
    assert made.sessions.calls == before + 1
