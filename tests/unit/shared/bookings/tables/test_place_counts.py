"""Counting places from a few cells gives what counting whole rosters gives, whatever stands in their rows."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bookings.model.place_count import PlaceCount
from shared.bookings.tables.place_counts import COUNTED_CELLS, MOST_AT_ONCE, read_place_counts
from shared.bookings.tables.repository import GUARD, BookingRepository
from shared.bookings.tables.session_register import SessionRegister
from shared.tables.table import Row, StorageUnavailableError
from tests.builders import MORNING, POLICY, london, session
from tests.fakes import FakeTable

WORDS = [
    *("confirmed", "to-check", "waiting", "cancelled", "canceled", "to check", "CONFIRMED ", "wait\u200bing"),
    *("cancelled\u00a0", "rubbish", "x" * 200, "", None, 7, ("confirmed", "Edm.String")),
]
CELLS = st.fixed_dictionaries(
    {},
    optional={
        "State": st.sampled_from(WORDS),
        "KnownState": st.sampled_from(["confirmed", "to-check", "waiting", "cancelled", "", "odd"]),
        "NeedsCheck": st.sampled_from(["yes", "no", "", True, False, "perhaps"]),
        "ActedAt": st.sampled_from(["not yet", "", "2023-09-01T08:00:00Z"]),
        "Reason": st.sampled_from(["", "email came back"]),
        "StateAt": st.sampled_from(["2023-09-07T13:30:00Z", "", "soon"]),
        "Name": st.just("Zoë Okafor"),
        "Email": st.sampled_from(["zoe@example.nhs.uk", "", "nonsense"]),
        "BookedAt": st.sampled_from(["2023-09-01T08:00:00Z", "soon", ""]),
        "WaitingSince": st.sampled_from(["2023-09-01T08:00:00Z", ""]),
    },
)
IDS = st.sampled_from(["s", "s-1", "s 1", "S1", "z", "ß", "日", "🎈", "a' or '1"])


def table(rosters: dict[str, list[dict[str, Any]]]) -> FakeTable:
    bookings = FakeTable()
    for session_id, rows in rosters.items():
        bookings.put({"PartitionKey": session_id, "RowKey": GUARD})
        for number, cells in enumerate(rows):
            bookings.put({"PartitionKey": session_id, "RowKey": f"booking-{number}", **cells})
    return bookings


def people(number: int, state: str = "confirmed") -> list[dict[str, Any]]:
    return [{"State": state, "Name": "Zoë Okafor", "Email": "zoe@example.nhs.uk"} for _ in range(number)]


def year(number: int = 52, each: int = 20) -> dict[str, list[dict[str, Any]]]:
    return {f"session-{index:03}": people(each) for index in range(number)}


@given(st.dictionaries(IDS, st.lists(CELLS, max_size=6), max_size=4))
def test_a_count_decides_about_newcomers_as_the_whole_roster_does(rosters: dict[str, list[dict[str, Any]]]) -> None:
    bookings = table(rosters)
    store = BookingRepository(FakeTable(), bookings, (), SessionRegister(FakeTable()))

    counts = read_place_counts(bookings, [*rosters, "unbooked"])

    assert (counts["unbooked"].held, counts["unbooked"].waiting) == (0, ())
    for session_id in rosters:
        roster, count = store.roster(session_id), counts[session_id]
        assert (count.held, len(count.waiting)) == (roster.held, len(roster.waiting))
        for capacity in (roster.held, roster.held + 1):
            for now in (MORNING, london("2023-09-07 14:59"), london("2023-09-07 15:01")):
                asked = session(capacity=capacity), now
                expected = POLICY.has_place_for_newcomer(asked[0], roster, asked[1])
                assert POLICY.has_place_for_newcomer(asked[0], count, asked[1]) is expected
                shown = POLICY.places_for_newcomer(asked[0], count, asked[1])
                assert shown <= POLICY.places_for_newcomer(asked[0], roster, asked[1])


@given(st.dictionaries(st.sampled_from(list(year(20))), st.lists(CELLS, max_size=6), max_size=4))
def test_counting_side_by_side_gives_what_counting_one_by_one_gives(rosters: dict[str, list[dict[str, Any]]]) -> None:
    bookings = table(year(20, 2) | rosters)

    together = read_place_counts(bookings, list(year(20)))
    one_by_one = {each: read_place_counts(bookings, [each])[each] for each in year(20)}

    assert {each: _without_etags(count) for each, count in together.items()} == {
        each: _without_etags(count) for each, count in one_by_one.items()
    }


def _without_etags(count: PlaceCount) -> PlaceCount:
    return PlaceCount(
        count.held,
        tuple(replace(each, etag="") for each in count.waiting),
        tuple(replace(each, etag="") for each in count.unproven_held),
    )


@pytest.mark.parametrize(
    ("sessions", "each", "requests"), [(1, 20, 1), (19, 20, 19), (20, 20, 1), (39, 20, 1), (52, 18, 2), (52, 20, 2)]
)
def test_rosters_that_lie_side_by_side_are_read_together(sessions: int, each: int, requests: int) -> None:
    bookings = table(year(sessions, each))

    counts = read_place_counts(bookings, list(year(sessions)))

    assert {count.held for count in counts.values()} == {each}
    assert bookings.calls - sessions * (each + 1) == requests


@pytest.mark.parametrize(("state", "one_by_one"), [("confirmed", 25), ("cancelled", 0)])
def test_rosters_of_others_between_them_cost_no_more_than_one_request_for_twenty_sessions(
    state: str, one_by_one: int
) -> None:
    others = {f"session-000-{index:02}": people(100, state) for index in range(40)}
    bookings = table(year() | others)
    bookings.calls = 0

    counts = read_place_counts(bookings, list(year()))

    assert {count.held for count in counts.values()} == {20}
    assert bookings.calls == 52 // 20 + one_by_one, "the second half and the first roster were read to their end"


def test_a_roster_that_a_request_cuts_off_is_read_again_whole() -> None:
    rosters = year(40, 60)
    bookings = table(rosters)
    bookings.calls = 0

    counts = read_place_counts(bookings, list(rosters))

    assert {count.held for count in counts.values()} == {60}
    assert bookings.calls == 2 + 2 * (20 - 1000 // 60), "each request holds 1,000 rows, 60 for each of its 20 sessions"


def test_those_who_wait_or_are_to_be_checked_cost_one_request_more_however_many_sessions_have_them() -> None:
    rosters = {each: [*roster, *people(2, "waiting"), *people(1, "to-check")] for each, roster in year(39).items()}
    bookings = table(rosters | {"session-004": people(7)})
    bookings.calls = 0

    counts = read_place_counts(bookings, list(rosters))

    assert bookings.calls == 2
    assert (counts["session-003"].held, len(counts["session-003"].waiting)) == (21, 2)
    assert (counts["session-004"].held, len(counts["session-004"].waiting)) == (7, 0)


def test_a_roster_that_changes_between_the_two_requests_is_read_again_whole() -> None:
    class ChangingTable(FakeTable):
        def query_partitions(
            self, first: str, last: str, select: Sequence[str], unlike: Sequence[tuple[str, str]] = ()
        ) -> tuple[list[Row], bool]:
            found = super().query_partitions(first, last, select, unlike)
            self.put({"PartitionKey": "session-007", "RowKey": "booking-0", "State": "confirmed"})
            return found

    bookings = ChangingTable()
    for session_id in year(20):
        bookings.put({"PartitionKey": session_id, "RowKey": "booking-0", "State": "waiting"})

    counts = read_place_counts(bookings, list(year(20)))

    assert (counts["session-007"].held, counts["session-007"].waiting) == (1, ())
    assert {(count.held, len(count.waiting)) for key, count in counts.items() if key != "session-007"} == {(0, 1)}


def test_a_roster_with_a_word_of_an_administrators_own_is_read_again_with_what_was_known() -> None:
    rosters = year()
    rosters["session-007"] = [{"State": "nobody", "KnownState": "cancelled"}, {"State": "nobody"}, {"State": "waiting"}]
    bookings = table(rosters)
    bookings.calls = 0

    counts = read_place_counts(bookings, list(rosters))

    assert (counts["session-007"].held, len(counts["session-007"].waiting)) == (1, 1)
    assert {count.held for key, count in counts.items() if key != "session-007"} == {20}
    assert bookings.calls == 2 + 1


class WatchedTable(FakeTable):
    """Remembers the columns that were asked for, and how many requests were under way at once."""

    def __init__(self) -> None:
        super().__init__()
        self.selected: list[tuple[str, ...]] = []
        self.most = self._under_way = 0
        self._watch = threading.Lock()

    def query(self, select: Sequence[str] = (), **like: str) -> list[Row]:
        with self._watch:
            self.selected.append(tuple(select))
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        time.sleep(0.002)
        found = super().query(select, **like)
        with self._watch:
            self._under_way -= 1
        return found

    def query_partitions(
        self, first: str, last: str, select: Sequence[str], unlike: Sequence[tuple[str, str]] = ()
    ) -> tuple[list[Row], bool]:
        assert set(select) < set(COUNTED_CELLS)
        return [], False


def test_never_more_than_eight_requests_are_under_way_and_none_reads_a_name() -> None:
    bookings = WatchedTable()
    for number in range(52):
        bookings.put(
            {"PartitionKey": f"session-{number:02}", "RowKey": "booking-a", "Name": "Zoë", "State": "confirmed"}
        )

    counts = read_place_counts(bookings, [f"session-{number:02}" for number in range(52)])

    assert {count.held for count in counts.values()} == {1}
    assert 1 < bookings.most <= MOST_AT_ONCE == 8
    assert set(bookings.selected) == {COUNTED_CELLS}
    assert not {"Name", "Email", "Adjustments"} & set(COUNTED_CELLS)


def test_a_roster_that_cannot_be_read_is_an_error_and_not_an_empty_one() -> None:
    class BrokenTable(FakeTable):
        def query(self, select: Sequence[str] = (), **like: str) -> list[Row]:
            if like["PartitionKey"] == "s2":
                raise StorageUnavailableError("HTTP 503")
            return super().query(select, **like)

    with pytest.raises(StorageUnavailableError):
        read_place_counts(BrokenTable(), ["s1", "s2", "s3"])
