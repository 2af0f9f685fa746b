"""Whenever a session is edited around its start, nobody who follows their last email waits in the wrong call."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import london
from tests.unit.shared.bookings import invariants, late_edits
from tests.unit.shared.bookings.faulty_booking_system import FaultyBookingHarness
from tests.unit.shared.bookings.late_edits import LateEdit
from tests.unit.shared.bookings.random_events import late_edits as edits
from tests.unit.shared.bookings.random_events import minutes_before


@pytest.mark.parametrize("examples", [25, pytest.param(300, marks=pytest.mark.nightly)])
def test_nobody_waits_in_the_wrong_call(examples: int) -> None:
    @settings(max_examples=examples, derandomize=True, database=None, deadline=None)
    @given(story=st.lists(st.tuples(minutes_before, edits), min_size=1, max_size=3), hour=st.sampled_from([3, 15]))
    def holds(story: list[tuple[int, LateEdit]], hour: int) -> None:
        check(story, hour)

    holds()


def check(story: list[tuple[int, LateEdit]], hour: int) -> None:
    cells = {"Date": "2023-09-08", "Time": f"{hour:02}:00", "Capacity": 2}
    harness = FaultyBookingHarness(london("2023-09-01 09:00"), {"s1": cells})
    for name in ("ann", "ben", "cem"):
        harness.book(name, "s1", join_waiting_list=True)
    harness.tick()

    for before, edit in story:
        drive = late_edits.start(harness, "s1", before, harness.tick)
        if drive is not None:
            late_edits.type_and_check(harness, drive, edit, harness.tick)

    sent = harness.recorder.sent_mails
    invariants.check_once(harness)
    invariants.check_reminders(harness, [], set())
    invariants.check_true_when_sent(sent)
    invariants.check_no_reminder_after_news(harness, sent)
