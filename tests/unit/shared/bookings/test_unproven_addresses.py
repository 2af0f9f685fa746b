"""Outside addresses that nobody has proved: places cannot be taken by who is not there, and nobody real is turned away.

Someone proves an address by a button behind the link in its email; an opened link proves nothing.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import SessionFullError, TooManyUnprovenError
from shared.bookings.places.request import BookingResult
from tests.builders import POLICY, london
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.self_service.test_details import change


def outside(harness: BookingHarness, name: str, **changes: Any) -> BookingResult:
    """Books with an outside address, whose email nobody has answered yet."""
    return harness.book(name, email=f"{name}@personal.example.com", works_here=True, **changes)


def invented(number: int) -> list[str]:
    return [f"x{chr(97 + each // 26)}{chr(97 + each % 26)}" for each in range(number)]


def unproven_held(harness: BookingHarness, session_id: str = "s1") -> int:
    return len(harness.repository().roster(session_id).unproven_held)


def test_60_invented_outside_addresses_leave_four_fifths_of_every_session_to_others_at_every_moment() -> None:
    harness = BookingHarness()
    harness.add_session(RowKey="s2", Date="2023-09-20")
    for session_id in ("s1", "s2"):
        for name in invented(60):
            outside(harness, name, session_id=session_id)
            assert unproven_held(harness, session_id) <= 2
    for _ in range(30):
        harness.pass_time(hours=1)
        harness.tick()
        assert unproven_held(harness) <= 2
        assert all(each.places_left >= 10 for each in harness.booking().bookable_sessions(harness.now))

    for name in "abcdefghij":
        assert harness.book(name * 3).state is AttendeeState.CONFIRMED


def test_invented_addresses_give_a_place_back_after_two_hours_to_who_wants_it() -> None:
    harness = BookingHarness()
    outside(harness, "eve")
    outside(harness, "eva")
    staff = [name * 3 for name in "abcdefghij"]
    for name in staff:
        harness.book(name)
    with pytest.raises(SessionFullError):
        harness.book("kit")
    harness.pass_time(hours=2)

    assert harness.booking().bookable_sessions(harness.now)[0].places_left == 2
    assert harness.book("kit").state is AttendeeState.CONFIRMED

    assert (harness.states()["eva"], harness.states()["eve"]) == ("waiting", "to-check"), "the last who booked first"
    harness.tick()
    assert harness.kinds("eva") == ["to confirm", "still to confirm"]
    assert harness.kinds("eve") == ["to confirm"]


def test_nobody_unproven_gets_the_place_that_another_one_has_held_for_two_hours() -> None:
    harness = BookingHarness()
    outside(harness, "eve")
    for name in (each * 3 for each in "abcdefghijk"):
        harness.book(name)
    harness.pass_time(hours=2)

    assert outside(harness, "eva").state is AttendeeState.WAITING

    assert (harness.states()["eve"], unproven_held(harness)) == ("to-check", 1)


def test_nobody_who_is_proved_waits_while_someone_unproven_has_held_a_place_for_two_hours() -> None:
    harness = BookingHarness(Capacity=1)
    outside(harness, "eve")
    harness.pass_time(minutes=30)
    harness.book("ann", join_waiting_list=True)
    harness.tick()
    assert harness.states() == {"eve": "to-check", "ann": "waiting"}

    harness.live(until=london("2023-09-01 11:00"))

    assert harness.states() == {"eve": "waiting", "ann": "confirmed"}
    assert harness.kinds("eve") == ["to confirm", "still to confirm"]
    assert harness.kinds("ann") == ["waiting list", "booked"]


def test_a_hold_is_lost_after_24_hours_and_told_once() -> None:
    harness = BookingHarness()
    outside(harness, "eve")
    harness.live(until=london("2023-09-02 08:59"))
    assert harness.states() == {"eve": "to-check"}

    harness.live(until=london("2023-09-04 09:00"))

    assert harness.states() == {"eve": "waiting"}
    assert harness.kinds("eve") == ["to confirm", "still to confirm"]
    assert harness.session_row().integer("Waiting") == 0


def test_a_nurse_who_books_at_7am_and_presses_the_button_at_6pm_has_her_place() -> None:
    harness = BookingHarness()
    harness.at(london("2023-09-01 07:00"))
    outside(harness, "nia")
    harness.live(until=london("2023-09-01 18:00"))

    assert harness.prove("nia")

    assert harness.states() == {"nia": "to-check"}
    assert harness.kinds("nia") == ["to confirm", "place held"]
    assert "We hold the place until Tuesday 5 September 2023, 6pm" in harness.mails("nia")[1].text


def test_a_nurse_who_lost_the_place_meanwhile_has_the_first_free_one_in_the_order_of_booking() -> None:
    harness = BookingHarness(Capacity=2)
    harness.book("ann")
    harness.at(london("2023-09-01 07:00") + timedelta(days=3))
    outside(harness, "nia")
    harness.pass_time(hours=3)
    harness.book("ben")
    harness.pass_time(minutes=5)
    harness.book("cem", join_waiting_list=True)
    harness.tick()
    assert harness.states() == {"ann": "confirmed", "nia": "waiting", "ben": "confirmed", "cem": "waiting"}
    harness.at(london("2023-09-04 18:00"))

    assert harness.prove("nia")
    assert harness.kinds("nia") == ["to confirm", "still to confirm", "waiting list"]
    assert "You are number 1 on the list" in harness.mails("nia")[2].text
    harness.cancel("ann")

    assert harness.states() == {"ann": "cancelled", "nia": "to-check", "ben": "confirmed", "cem": "waiting"}
    assert harness.kinds("nia")[3:] == ["place held"]


def test_beyond_the_fifth_a_booking_waits_for_its_button_which_gives_the_first_free_place() -> None:
    harness = BookingHarness(Capacity=5)
    outside(harness, "eve")
    booked = outside(harness, "nia")

    assert (booked.state, booked.unproven) == (AttendeeState.WAITING, True)
    assert "We do not hold a place for you yet" in harness.mails("nia")[0].text
    harness.live(until=london("2023-09-01 12:00"))
    assert harness.kinds("nia") == ["to confirm"]

    harness.prove("nia")

    assert harness.states() == {"eve": "to-check", "nia": "to-check"}
    assert harness.kinds("nia") == ["to confirm", "place held"]


def test_twelve_people_of_listed_domains_in_one_minute_notice_nothing() -> None:
    harness = BookingHarness()
    for name in (each * 3 for each in "abcdefghijkl"):
        harness.pass_time(seconds=5)
        booked = harness.book(name)
        assert (booked.state, booked.unproven) == (AttendeeState.CONFIRMED, False)
        assert harness.kinds(name) == ["booked"]


def test_who_waits_unproven_stops_no_newcomer_and_counts_nowhere() -> None:
    harness = BookingHarness(Capacity=5)
    outside(harness, "eve")
    outside(harness, "eva")

    assert harness.book("ann").state is AttendeeState.CONFIRMED
    harness.tick()

    assert harness.states() == {"eve": "to-check", "eva": "waiting", "ann": "confirmed"}
    assert (harness.session_row().integer("Confirmed"), harness.session_row().integer("Waiting")) == (2, 0)


def test_only_proved_people_count_towards_the_limit_of_the_waiting_list() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    for name in invented(20):
        outside(harness, name, join_waiting_list=True)
    for name in ("ben", "cem", "dee"):
        assert harness.book(name, join_waiting_list=True).state is AttendeeState.WAITING

    with pytest.raises(SessionFullError) as caught:
        harness.book("eli", join_waiting_list=True)

    assert not caught.value.waiting_list
    assert not harness.booking().bookable_sessions(harness.now)[0].waiting_list
    harness.cancel("ben")
    assert harness.book("eli", join_waiting_list=True).state is AttendeeState.WAITING


def test_who_is_on_the_list_proved_is_on_it_though_it_is_full() -> None:
    harness = BookingHarness(replace(POLICY, waiting_list_factor=1), Capacity=1)
    harness.book("ann")
    outside(harness, "nia", join_waiting_list=True)
    harness.book("ben", join_waiting_list=True)

    harness.prove("nia")

    assert harness.kinds("nia") == ["to confirm", "waiting list"]
    assert "You are number 1 on the list" in harness.mails("nia")[1].text


def prove_all(harness: BookingHarness, names: list[str]) -> None:
    for name in names:
        harness.prove(name)


def waiting(harness: BookingHarness) -> list[str]:
    return [each.name.casefold() for each in harness.repository().roster("s1").waiting]


def with_twenty_unproven() -> tuple[BookingHarness, list[str]]:
    """A full session, for which twenty wait, one minute after another, and none has pressed the button."""
    harness, names = BookingHarness(Capacity=1), invented(20)
    harness.book("staff")
    for name in names:
        harness.pass_time(minutes=1)
        outside(harness, name, join_waiting_list=True)
    return harness, names


def test_no_more_wait_than_the_limit_when_many_press_the_button_in_the_order_of_booking() -> None:
    harness, names = with_twenty_unproven()

    prove_all(harness, names)

    assert waiting(harness) == names[:3]
    assert harness.kinds(names[2]) == ["to confirm", "waiting list"]
    assert harness.kinds(names[3]) == ["to confirm"], "the page after the button says that the list is full"
    assert harness.row(names[3]).text("Reason") == "waiting list full"
    with pytest.raises(SessionFullError):
        harness.book("ben", join_waiting_list=True)


def test_never_are_twice_as_many_on_the_list_in_whatever_order_they_press_the_button() -> None:
    harness, names = with_twenty_unproven()

    prove_all(harness, names[::-1])

    assert waiting(harness) == names[-6:]


def test_who_found_the_list_full_is_on_it_once_there_is_room_and_is_then_told() -> None:
    harness, names = with_twenty_unproven()
    prove_all(harness, names)
    harness.cancel(names[0])
    with pytest.raises(SessionFullError):
        harness.book("ben", join_waiting_list=True)
    harness.tick()
    harness.pass_time(minutes=5)
    harness.tick()

    assert waiting(harness) == names[1:4]
    assert harness.kinds(names[3]) == ["to confirm", "waiting list"]
    assert "You are number 3 on the list" in harness.mails(names[3])[1].text
    assert harness.row(names[3]).text("Reason") == ""
    assert harness.kinds(names[4]) == ["to confirm"]


def test_places_go_to_who_found_the_list_full_after_the_list_and_before_newcomers() -> None:
    harness, names = with_twenty_unproven()
    prove_all(harness, names[:5])
    harness.edit_session(Capacity=6)
    with pytest.raises(SessionFullError):
        harness.book("ben")
    harness.tick()

    assert {name for name, state in harness.states().items() if state == "to-check"} == set(names[:5])
    assert harness.kinds(names[4]) == ["to confirm", "place held"]


def test_a_place_that_becomes_free_goes_to_the_list_before_who_found_it_full() -> None:
    harness, names = with_twenty_unproven()
    prove_all(harness, names[:5])

    harness.edit_session(Capacity=2)
    harness.tick()

    assert [name for name, state in harness.states().items() if state == "to-check"] == names[:1]


@pytest.mark.parametrize("act", ["reminders", "move"])
def test_no_other_button_leads_past_the_limit_of_the_list(act: str) -> None:
    harness, names = with_twenty_unproven()
    harness.add_session(RowKey="s2", Date="2023-09-20", Capacity=0)
    prove_all(harness, names[:3])
    if act == "move":
        with pytest.raises(SessionFullError):
            harness.move(names[3], "s2")
    else:
        harness.self_service().set_reminders(harness.token(names[3]), on=True, now=harness.now)
    harness.tick()

    assert waiting(harness) == names[:3]


def test_who_asks_again_while_the_list_is_full_is_told_so() -> None:
    harness, names = with_twenty_unproven()
    prove_all(harness, names)
    for name in (names[3], "ben"):
        with pytest.raises(SessionFullError) as caught:
            outside(harness, name, join_waiting_list=True)
        assert not caught.value.waiting_list
    harness.tick()

    assert "We already have your booking\n\nThe waiting list is full at the moment" in harness.mails(names[3])[-1].text


@pytest.mark.parametrize(("capacity", "most"), [(2, 100), (12, 120)])
def test_bookings_that_nobody_has_proved_are_ten_for_each_place_or_a_hundred_and_no_more(
    capacity: int, most: int
) -> None:
    harness = BookingHarness(Capacity=capacity)
    for number in range(most):
        outside(harness, invented(most)[number], join_waiting_list=True)

    for name in ("nia", invented(1)[0]):  # a stranger, and someone who has booked
        with pytest.raises(TooManyUnprovenError):
            outside(harness, name, join_waiting_list=True)

    assert len(harness.rows()) == most
    assert harness.book("ann").state is AttendeeState.CONFIRMED, "the trust's own addresses are not refused"
    assert harness.prove("xab")
    assert outside(harness, "nia", join_waiting_list=True).unproven


def test_a_list_has_no_limit_where_the_setting_says_so() -> None:
    harness = BookingHarness(replace(POLICY, waiting_list_factor=0), Capacity=1)
    harness.book("ann")
    for name in invented(20):
        assert harness.book(name, join_waiting_list=True).state is AttendeeState.WAITING


def test_an_opened_link_proves_nothing() -> None:
    harness = BookingHarness()
    outside(harness, "nia")
    token = harness.token("nia")

    harness.self_service().find(token, harness.now)
    harness.self_service().calendar(token, harness.now)
    harness.self_service().choices(token, harness.now)

    assert harness.row("nia").text("ActedAt") == "not yet"


@pytest.mark.parametrize("act", ["reminders", "details", "move"])
def test_every_button_behind_the_link_proves_the_address(act: str) -> None:
    harness = BookingHarness(Capacity=5)
    harness.add_session(RowKey="s2", Date="2023-10-03")
    outside(harness, "eve")
    outside(harness, "nia")
    match act:
        case "reminders":
            harness.self_service().set_reminders(harness.token("nia"), on=True, now=harness.now)
        case "details":
            change(harness, "nia", full_name="Nia")
        case "move":
            harness.move("nia", "s2")
    harness.tick()

    session_id = "s2" if act == "move" else "s1"
    assert harness.states(session_id)["nia"] == "to-check"
    assert harness.row("nia", session_id).text("ActedAt").startswith("2023-09-01T08:00")
    assert harness.kinds("nia") == ["to confirm", "place held"]


def test_pressing_the_button_again_changes_nothing() -> None:
    harness = BookingHarness()
    outside(harness, "nia")
    assert harness.prove("nia")
    harness.pass_time(hours=5)

    assert not harness.prove("nia")
    assert harness.kinds("nia") == ["to confirm", "place held"]
    assert harness.row("nia").text("ActedAt").startswith("2023-09-01T08:00")


def test_who_never_presses_the_button_hears_nothing_more_and_is_forgotten_after_a_week() -> None:
    harness = BookingHarness(Capacity=1, Date="2023-09-15")
    outside(harness, "eve", adjustments="Canary")
    harness.pass_time(hours=3)
    harness.book("ann")
    harness.live(until=london("2023-09-04 10:00"))
    harness.edit_session(Time="16:00", JoinUrl="https://teams.example/2")
    harness.live(until=london("2023-09-08 08:55"))
    assert harness.states() == {"eve": "waiting", "ann": "confirmed"}

    harness.live(until=london("2023-09-15 17:30"))

    assert harness.states() == {"eve": "cancelled", "ann": "confirmed"}
    assert harness.row("eve").text("Reason") == "address not confirmed"
    assert harness.kinds("eve") == ["to confirm", "still to confirm"]


def test_a_session_that_is_called_off_is_not_told_to_who_never_pressed_the_button() -> None:
    harness = BookingHarness()
    outside(harness, "eve")
    outside(harness, "nia", proves=True)
    harness.edit_session(State="cancelled")
    harness.live(until=harness.now + timedelta(hours=1))

    assert harness.kinds("eve") == ["to confirm"]
    assert harness.kinds("nia") == ["to confirm", "place held", "cancelled"]


def test_a_place_is_not_held_unproved_into_the_last_day() -> None:
    harness = BookingHarness()
    harness.at(london("2023-09-07 10:00"))
    outside(harness, "eve")
    assert "until Thursday 7 September 2023, 3pm" in harness.mails("eve")[0].text
    harness.live(until=london("2023-09-07 15:00"))

    assert harness.states() == {"eve": "cancelled"}
    assert harness.kinds("eve") == ["to confirm", "place released"]


def test_fewer_places_take_back_what_is_held_beyond_the_fifth() -> None:
    harness = BookingHarness(Capacity=10)
    outside(harness, "eve")
    outside(harness, "eva")
    harness.edit_session(Capacity=5)
    harness.tick()

    assert harness.states() == {"eve": "to-check", "eva": "waiting"}


@pytest.mark.parametrize("state", ["to-check", "waiting", "confirmed"])
def test_what_the_organiser_types_stands_though_no_button_was_pressed(state: str) -> None:
    harness = BookingHarness(Capacity=5)
    outside(harness, "eve")
    outside(harness, "nia")
    name = "eve" if state == "waiting" else "nia"
    harness.edit(name, State=state)
    harness.live(until=london("2023-09-04 10:00"))

    # Someone put on the list by hand gets a place at once if one is free and nobody else waits.
    assert harness.states()[name] == ("confirmed" if state == "confirmed" else "to-check")
    assert harness.row(name).text("ActedAt") == ""


@pytest.mark.parametrize("cell", [None, "", "rubbish"])
def test_who_has_a_place_by_the_rules_of_before_keeps_it(cell: str | None) -> None:
    harness = BookingHarness(Capacity=1)
    outside(harness, "nia", proves=True)
    row = harness.row("nia")
    cells = {name: value for name, value in row.cells.items() if name != "ActedAt"}
    harness.bookings.delete(row.partition, row.key)
    harness.bookings.put(cells if cell is None else cells | {"ActedAt": cell})
    harness.pass_time(hours=3)
    with pytest.raises(SessionFullError):
        harness.book("ann")
    harness.live(until=london("2023-09-05 08:59"))

    assert harness.states() == {"nia": "to-check"}
    assert harness.kinds("nia") == ["to confirm", "place held"]


def test_a_row_saved_as_it_was_before_the_button_was_pressed_stays_proved() -> None:
    harness = BookingHarness()
    outside(harness, "nia")
    opened = dict(harness.row("nia").cells)
    harness.prove("nia")
    harness.bookings.put(opened)
    harness.live(until=london("2023-09-04 10:00"))

    assert harness.states() == {"nia": "to-check"}
    assert harness.kinds("nia") == ["to confirm", "place held"]


def test_a_row_saved_as_it_was_before_its_hold_was_lost_gets_no_place_by_that() -> None:
    harness = BookingHarness(Capacity=1)
    outside(harness, "eve")
    opened = dict(harness.row("eve").cells)
    harness.pass_time(hours=3)
    harness.book("ann")
    harness.tick()
    harness.bookings.put(opened)
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.states() == {"eve": "waiting", "ann": "confirmed"}
    assert harness.kinds("eve") == ["to confirm", "still to confirm"]


def test_who_asks_again_is_told_of_the_button() -> None:
    harness = BookingHarness()
    outside(harness, "nia")
    outside(harness, "nia")

    assert harness.kinds("nia") == ["to confirm", "not confirmed yet"]
    assert "until you have opened this page and selected the button on it" in harness.mails("nia")[1].text


def test_an_address_that_was_proved_is_not_proved_for_a_booking_that_someone_makes_with_it_later() -> None:
    harness = BookingHarness()
    outside(harness, "nia", proves=True)
    harness.cancel("nia")
    outside(harness, "nia")
    harness.tick()

    assert harness.row("nia").text("ActedAt") == "not yet"
    assert unproven_held(harness) == 1
