"""A row that is saved as it was before the service changed it contradicts the email log, and is settled by a rule."""

from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.model.errors import LinkUnknownError
from shared.tables.table import Row
from tests.builders import london
from tests.unit.shared.bookings.staff_emails.test_organiser_digest import HarnessWithOrganiser

SET_BACK = "This row was saved as it had been before the booking was cancelled"
OVERBOOKED = "More people hold a place than Capacity allows"


class PortalHarness(HarnessWithOrganiser):
    """An administrator opens rows, and saves all of their cells as they were."""

    def opened(self, name: str, session_id: str = "s1") -> Row:
        return self.row(name, session_id)

    def save(self, row: Row, **cells: Any) -> None:
        self.bookings.put({**row.cells, **cells})

    def ticks(self, times: int = 3) -> None:
        for _ in range(times):
            self.pass_time(minutes=5)
            self.tick()


def full(*names: str, **cells: Any) -> PortalHarness:
    """One place; who comes later waits."""
    harness = PortalHarness(**{"Capacity": 1} | cells)
    for name in names or ("ann",):
        harness.book(name, join_waiting_list=True)
        harness.pass_time(minutes=1)
    return harness


@pytest.mark.parametrize("minutes", [0, 5, 60])
def test_who_cancelled_stays_cancelled_once_the_place_is_given(minutes: int) -> None:
    harness = full("ann", "ben")
    harness.pass_time(minutes=minutes)
    harness.tick()
    form = harness.opened("ann")
    harness.pass_time(minutes=minutes)
    harness.cancel("ann")
    harness.pass_time(minutes=minutes)
    harness.save(form)
    harness.tick()
    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}
    assert harness.row("ann").text("Problem").startswith(SET_BACK)
    assert harness.session_row().text("Confirmed") == "1"

    harness.live(until=london("2023-09-08 15:00"))
    assert harness.kinds("ann") == ["booked", "no longer booked"]
    assert harness.row("ann").text("Problem").startswith(SET_BACK)
    assert sum(SET_BACK in text for text in harness.texts_received) == 1


def test_who_cancelled_has_a_new_booking_where_a_place_is_free() -> None:
    harness = full("ann", Capacity=2)
    old, form = harness.token("ann"), harness.opened("ann")
    harness.pass_time(minutes=5)
    harness.cancel("ann")
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"ann": "confirmed"}
    assert harness.kinds("ann") == ["booked", "no longer booked", "booked"]
    assert harness.row("ann").integer("Generation") == 2
    assert harness.row("ann").text("Problem") == ""
    assert harness.self_service().find(old, harness.now).attendee.generation == 2, "the same person's, as it now stands"


def test_of_two_who_come_back_for_one_place_the_first_gets_it() -> None:
    harness = full("ann", "ben", Capacity=2)
    forms = [harness.opened(name) for name in ("ben", "ann")]
    for name in ("ann", "ben"):
        harness.cancel(name)
    harness.book("cem")
    for form in forms:
        harness.save(form)
    harness.ticks()

    assert sorted(harness.states().values()) == ["cancelled", "confirmed", "confirmed"]
    assert harness.session_row().text("Confirmed") == "2"


def test_place_that_someone_waits_for_is_not_free() -> None:
    harness = full("ann", "ben", "cem")
    form = harness.opened("ann")
    harness.cancel("ann")
    harness.save(form)
    harness.edit_session(Capacity=2)
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed", "cem": "confirmed"}


def test_set_back_row_is_booked_again_by_writing_confirmed_and_the_session_says_that_it_is_too_full() -> None:
    harness = full("ann", "ben")
    form = harness.opened("ann")
    harness.cancel("ann")
    harness.save(form)
    harness.ticks()
    harness.edit("ann", State="confirmed")
    harness.ticks()

    assert harness.states() == {"ann": "confirmed", "ben": "confirmed"}
    assert harness.kinds("ann") == ["booked", "no longer booked", "booked"]
    assert harness.row("ann").text("Problem") == ""
    assert OVERBOOKED in harness.session_row().text("Problem")


def test_who_was_not_checked_in_time_stays_released() -> None:
    harness = PortalHarness(Date="2023-09-15")
    harness.book("dee", email="dee@personal.example", works_here=True, proves=True)
    harness.tick()
    form = harness.opened("dee")
    harness.live(until=london("2023-09-14 16:00"))
    assert harness.states() == {"dee": "cancelled"}
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"dee": "cancelled"}
    assert harness.row("dee").text("Problem").startswith(SET_BACK)
    assert len(harness.kinds("dee")) == 3


def test_who_was_not_checked_in_time_is_held_a_place_again_while_there_is_time() -> None:
    harness = PortalHarness(Date="2023-09-29")
    harness.book("dee", email="dee@personal.example", works_here=True, proves=True)
    harness.tick()
    form = harness.opened("dee")
    harness.live(until=london("2023-09-06 12:00"))
    assert harness.states() == {"dee": "cancelled"}
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"dee": "to-check"}
    assert len(harness.kinds("dee")) == 4
    harness.live(until=london("2023-09-12 12:00"))
    assert harness.states() == {"dee": "cancelled"}
    assert len(harness.kinds("dee")) == 5


def test_who_left_the_waiting_list_stays_off_it() -> None:
    harness = full("ann", "ben", "cem")
    form = harness.opened("ben")
    harness.pass_time(minutes=5)
    harness.cancel("ben")
    harness.save(form)
    harness.ticks()
    assert harness.states() == {"ann": "confirmed", "ben": "cancelled", "cem": "waiting"}
    assert harness.row("ben").text("Problem").startswith(SET_BACK)

    harness.cancel("ann")
    assert harness.states() == {"ann": "cancelled", "ben": "cancelled", "cem": "confirmed"}


def test_who_got_a_place_from_the_waiting_list_keeps_it() -> None:
    harness = full("ann", "ben", "cem")
    harness.tick()
    form = harness.opened("ben")
    harness.pass_time(minutes=5)
    harness.cancel("ann")
    harness.pass_time(minutes=5)
    harness.tick()
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed", "cem": "waiting"}
    assert harness.kinds("ben") == ["waiting list", "booked"]


def test_who_got_a_place_keeps_it_after_the_waiting_list_has_ended() -> None:
    harness = full("ann", "ben")
    form = harness.opened("ben")
    harness.cancel("ann")
    harness.at(london("2023-09-08 09:00"))
    harness.tick()
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}
    assert harness.kinds("ben").count("waiting list") == 1


def test_who_lost_the_place_to_a_stale_save_is_told_that_they_wait() -> None:
    harness = full("ann", "ben")
    form = harness.opened("ben")
    harness.cancel("ann")
    harness.at(london("2023-09-08 09:00"))
    harness.tick()
    harness.save(form)
    harness.book("cem")
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "waiting", "cem": "confirmed"}
    assert harness.kinds("ben")[-1] == "waiting list"


@pytest.mark.parametrize("stale", ["booked", "cancelled"])
def test_who_booked_again_keeps_the_booking_and_its_links(stale: str) -> None:
    harness = full("ann", Capacity=2)
    form = harness.opened("ann")
    harness.pass_time(minutes=5)
    harness.cancel("ann")
    if stale == "cancelled":
        harness.tick()
        form = harness.opened("ann")
    harness.pass_time(minutes=5)
    harness.book("ann")
    link = harness.token("ann")
    harness.pass_time(minutes=5)
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"ann": "confirmed"}
    assert harness.kinds("ann") == ["booked", "no longer booked", "booked"]
    assert harness.self_service().find(link, harness.now).attendee.is_live


def test_who_booked_again_and_lost_the_place_to_a_stale_save_is_told() -> None:
    harness = full("ann")
    harness.cancel("ann")
    harness.tick()
    form = harness.opened("ann")
    harness.pass_time(minutes=5)
    harness.book("ann")
    harness.save(form)
    harness.book("ben")
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}
    assert harness.kinds("ann") == ["booked", "no longer booked", "booked", "no longer booked"]


def test_who_booked_again_and_cancelled_again_stays_cancelled() -> None:
    harness = full("ann", "ben")
    form = harness.opened("ann")
    for _ in range(2):
        harness.pass_time(minutes=5)
        harness.cancel("ann")
        harness.pass_time(minutes=5)
        harness.book("ann", join_waiting_list=True)
    harness.pass_time(minutes=5)
    harness.cancel("ann")
    harness.tick()
    told = len(harness.kinds("ann"))
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}
    assert len(harness.kinds("ann")) == told


def test_address_that_was_saved_back_gets_a_confirmation_of_its_own() -> None:
    harness = full("ann")
    harness.tick()
    form = harness.opened("ann")
    harness.edit("ann", Email="ann.new@example.nhs.uk")
    harness.ticks()
    corrected = harness.token("ann")
    harness.save(form)
    harness.ticks()

    with pytest.raises(LinkUnknownError):
        harness.self_service().find(corrected, harness.now)
    sent = [mail.to for mail in harness.mails("ann")]
    assert sent == ["ann@example.nhs.uk", "ann.new@example.nhs.uk", "ann@example.nhs.uk"]
    assert harness.row("ann").integer("Generation") == 3


def test_stale_row_with_another_address_is_not_brought_back_into_a_full_session() -> None:
    harness = full("ann", "ben")
    form = harness.opened("ann")
    harness.cancel("ann")
    harness.save(form, Email="ann.new@example.nhs.uk")
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}
    assert [mail.to for mail in harness.mails("ann")] == ["ann@example.nhs.uk"] * 2


@pytest.mark.parametrize("cells", [{"StateAt": ""}, {"BookedAt": ""}, {"WaitingSince": ""}, {"Mail": "", "Reason": ""}])
def test_further_cells_that_are_saved_empty_change_nothing(cells: dict[str, Any]) -> None:
    harness = full("ann", "ben")
    form = harness.opened("ann")
    harness.cancel("ann")
    harness.save(form, **cells)
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}


@pytest.mark.parametrize("ticks", [0, 1])
@pytest.mark.parametrize("to", ["s0", "s2"])
def test_who_moved_and_was_saved_back_holds_one_place_if_the_other_is_taken(ticks: int, to: str) -> None:
    harness = full("ann", "ben")
    harness.add_session(RowKey=to, Date="2023-09-12")
    harness.tick()
    form = harness.opened("ann")
    harness.pass_time(minutes=5)
    harness.move("ann", to)
    harness.ticks(ticks)
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}
    assert harness.states(to) == {"ann": "confirmed"}
    assert harness.row("ann").text("Problem").startswith(SET_BACK)
    harness.live(until=london("2023-09-08 15:00"))
    assert harness.kinds("ann") == ["booked", "booked"]


def test_who_moved_and_was_saved_back_where_a_place_is_free_is_told_of_the_booking() -> None:
    harness = full("ann", Capacity=2)
    harness.add_session(RowKey="s2", Date="2023-09-12")
    form = harness.opened("ann")
    harness.move("ann", "s2")
    harness.save(form)
    harness.ticks()

    assert (harness.states(), harness.states("s2")) == ({"ann": "confirmed"}, {"ann": "confirmed"})
    assert harness.kinds("ann") == ["booked", "booked", "booked"]


def test_who_moved_away_and_came_back_keeps_the_booking() -> None:
    harness = full("ann")
    harness.add_session(RowKey="s2", Date="2023-09-12")
    harness.tick()
    harness.move("ann", "s2")
    harness.ticks(1)
    harness.move("ann", "s1", "s2")
    harness.ticks()

    assert (harness.states(), harness.states("s2")) == ({"ann": "confirmed"}, {"ann": "cancelled"})
    assert harness.row("ann").text("Problem") == ""
    assert harness.kinds("ann") == ["booked"] * 3


def test_cancellation_by_hand_that_is_saved_back_is_settled_in_the_same_way() -> None:
    harness = full("ann", "ben")
    harness.tick()
    form = harness.opened("ann")
    harness.edit("ann", State="cancelled")
    harness.ticks(1)
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}
    assert harness.kinds("ann") == ["booked", "no longer booked"]


def test_who_is_written_confirmed_over_cancelled_is_booked_though_it_is_full() -> None:
    harness = full("ann", "ben")
    harness.cancel("ann")
    harness.tick()
    harness.edit("ann", State="confirmed")
    harness.ticks()

    assert harness.states() == {"ann": "confirmed", "ben": "confirmed"}
    assert harness.kinds("ann") == ["booked", "no longer booked", "booked"]


def test_stale_save_of_a_called_off_session_brings_nobody_back() -> None:
    harness = full("ann", Capacity=2)
    form = harness.opened("ann")
    harness.cancel("ann")
    harness.edit_session(State="cancelled")
    harness.live(until=harness.now + timedelta(minutes=30))
    harness.save(form)
    harness.ticks()

    assert harness.kinds("ann") == ["booked", "no longer booked"]


# More people than places.


def test_capacity_below_the_places_held_is_said_until_it_fits_again_and_told_once() -> None:
    harness = full("ann", "ben", "cem", Capacity=3)
    harness.edit_session(Capacity=1)
    harness.live(until=harness.now + timedelta(hours=3))
    assert OVERBOOKED in harness.session_row().text("Problem")

    harness.cancel("ann")
    harness.live(until=harness.now + timedelta(hours=3))
    assert OVERBOOKED in harness.session_row().text("Problem")
    assert sum(OVERBOOKED in text for text in harness.texts_received) == 1

    harness.cancel("ben")
    harness.tick()
    assert harness.session_row().text("Problem") == ""


def test_people_typed_into_a_full_session_are_confirmed_and_the_session_says_so() -> None:
    harness = full("ann")
    typed = {"PartitionKey": "s1", "RowKey": "typed", "Name": "Dee", "Email": "dee@example.nhs.uk"}
    harness.bookings.insert(typed | {"State": "confirmed"})
    harness.tick()

    assert harness.kinds("dee") == ["booked"]
    assert OVERBOOKED in harness.session_row().text("Problem")


def test_full_session_is_no_problem() -> None:
    harness = full("ann", "ben")
    harness.tick()

    assert harness.session_row().text("Problem") == ""


def test_called_off_session_is_never_too_full() -> None:
    harness = full("ann", "ben", Capacity=2)
    harness.edit_session(State="cancelled")
    harness.live(until=harness.now + timedelta(minutes=30))
    harness.edit_session(Capacity=1)
    harness.tick()

    assert harness.session_row().text("Problem") == ""


# More than was told since, and while places are on hold.


def set_to_waiting(**cells: Any) -> tuple[PortalHarness, Row]:
    """Ann has been set to waiting by hand since someone opened her row; Ben got her place where there is one only."""
    harness = full("ann", "ben", **cells)
    harness.tick()
    form = harness.opened("ann")
    harness.pass_time(minutes=5)
    harness.edit("ann", State="waiting")
    harness.ticks()
    return harness, form


def test_who_was_set_to_waiting_by_hand_is_not_brought_back_into_a_full_session() -> None:
    harness, form = set_to_waiting()
    link, since = harness.token("ann"), harness.row("ann").text("WaitingSince")
    harness.pass_time(minutes=30)
    harness.book("cem", join_waiting_list=True)
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"ann": "waiting", "ben": "confirmed", "cem": "waiting"}
    assert harness.kinds("ann") == ["booked", "waiting list"]
    assert harness.row("ann").text("WaitingSince") == since, "before Cem, who came later"
    assert harness.self_service().find(link, harness.now).attendee.is_waiting, "the same person's link"


def test_who_was_set_to_be_checked_by_hand_is_still_to_be_checked() -> None:
    harness = full("ann")
    harness.tick()
    form = harness.opened("ann")
    harness.edit("ann", State="to-check")
    harness.ticks()
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"ann": "to-check"}
    assert harness.kinds("ann") == ["booked", "place held"]


def second_row(harness: PortalHarness, *, there: bool) -> None:
    if there:
        harness.add_session(PartitionKey="session", Capacity=2)
    else:
        del harness.sessions.rows[("session", "s1")]


@pytest.mark.parametrize("stale", ["confirmed", "cancelled"])
def test_row_is_settled_once_it_is_known_which_of_two_rows_is_the_session(stale: str) -> None:
    harness = full("ann", Capacity=2)
    form = harness.opened("ann")
    harness.cancel("ann")
    if stale == "cancelled":
        harness.tick()
        form = harness.opened("ann")
        harness.pass_time(minutes=5)
        harness.book("ann")
    harness.save(form)
    second_row(harness, there=True)
    harness.ticks()
    told = harness.kinds("ann")
    assert told == ["booked", "no longer booked", "booked"][: 2 if stale == "confirmed" else 3]

    second_row(harness, there=False)
    harness.ticks()
    assert harness.states() == {"ann": "confirmed"}
    assert harness.row("ann").text("Problem") == ""
    assert harness.kinds("ann") == ["booked", "no longer booked", "booked"]


def test_place_from_the_waiting_list_outlasts_a_stale_save_beside_two_rows_of_the_session() -> None:
    harness = full("ann", "ben")
    form = harness.opened("ben")
    harness.cancel("ann")
    harness.tick()
    harness.save(form)
    second_row(harness, there=True)
    harness.ticks()
    second_row(harness, there=False)
    harness.ticks()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}
    assert harness.kinds("ben") == ["waiting list", "booked"]


def test_rows_of_an_old_export_are_put_back_one_by_one_and_nobody_loses_a_place() -> None:
    harness = full("ann", "ben", "cem", Capacity=2)
    harness.tick()
    export = [harness.opened(name) for name in ("cem", "ben")]
    harness.pass_time(minutes=5)
    harness.cancel("ann")
    harness.ticks(1)
    harness.bookings.rows.clear()
    for row in export:
        harness.ticks(2)
        harness.save(row)
    harness.ticks()

    assert harness.states() == {"cem": "confirmed", "ben": "confirmed"}
    assert harness.kinds("cem") == ["waiting list", "booked"]
    assert harness.kinds("ben") == ["booked"]


def test_link_to_another_address_does_not_open_what_a_stale_save_brought_back() -> None:
    harness = full("ann", Capacity=2)
    harness.tick()
    form = harness.opened("ann")
    harness.edit("ann", Email="ann.new@example.nhs.uk")
    harness.ticks()
    other = harness.token("ann")
    harness.cancel("ann")
    harness.ticks()
    harness.save(form)
    harness.ticks()

    assert harness.states() == {"ann": "confirmed"}
    with pytest.raises(LinkUnknownError):
        harness.self_service().find(other, harness.now)
