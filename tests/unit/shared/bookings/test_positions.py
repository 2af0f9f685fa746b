"""The column `Position` of a roster: the order of the waiting list, as the timer writes it for people to read."""

from dataclasses import replace

from shared.bookings.model.attendee import AttendeeState, Roster
from shared.bookings.reconcile.roster import RosterChanges
from tests.builders import attendee
from tests.unit.shared.bookings.booking_system import BookingHarness


def positions(harness: BookingHarness) -> dict[str, str]:
    return {row.text("Name").casefold(): row.text("Position") for row in harness.rows()}


def test_who_waits_has_a_position_and_nobody_else() -> None:
    harness = BookingHarness(Capacity=1)
    for name in ("ann", "ben", "cem", "dee"):
        harness.book(name, join_waiting_list=True)
        harness.pass_time(minutes=1)
    harness.tick()
    assert positions(harness) == {"ann": "", "ben": "1", "cem": "2", "dee": "3"}

    harness.cancel("cem")
    harness.tick()
    assert positions(harness) == {"ann": "", "ben": "1", "cem": "", "dee": "2"}
    harness.cancel("ann")
    assert positions(harness)["ben"] == "", "at once with the place"
    harness.edit("dee", Position="first")
    harness.tick()
    assert positions(harness) == {"ann": "", "ben": "", "cem": "", "dee": "1"}


def test_a_run_in_which_no_position_changes_writes_nothing() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    harness.book("ben", join_waiting_list=True)
    harness.tick()
    before = dict(harness.bookings.rows)
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.bookings.rows == before


def test_who_only_moves_up_is_written_after_those_whose_place_changes() -> None:
    waiting = [attendee(key=f"booking-{n}", state=AttendeeState.WAITING, position=str(n)) for n in range(1, 4)]
    given = replace(waiting[2], state=AttendeeState.CONFIRMED, position="")
    moved_up = [replace(each, position="9") for each in waiting[:2]]
    changes = RosterChanges(Roster((*moved_up, given), ""), (), moves_places=True, gives_places=True)

    assert changes.since(Roster(tuple(waiting), "")).changed == (given, *moved_up)
