"""Moving to another session: the new place first, the old one after it, and one mail."""

from typing import Any

import pytest

from shared.bookings.model.errors import LinkUnknownError, SessionFullError, TooLateError
from tests.builders import london
from tests.fakes import Crash, Fault, InjectedFault, with_fault
from tests.fault_at_any_call import EVERY_FAULT
from tests.unit.shared.bookings.booking_system import BookingHarness


def two_sessions(**second: Any) -> BookingHarness:
    harness = BookingHarness(Capacity=1)
    harness.add_session(**{"RowKey": "s2", "Date": "2023-10-03", "Capacity": 1} | second)
    harness.book("ann")
    return harness


def test_a_move_is_a_place_there_none_here_and_one_mail() -> None:
    harness = two_sessions()

    harness.move("ann", "s2")
    harness.tick()

    assert (harness.states("s1"), harness.states("s2")) == ({"ann": "cancelled"}, {"ann": "confirmed"})
    assert harness.kinds("ann") == ["booked", "booked"]
    assert "Your booking has moved" in harness.mails("ann")[1].text


def test_a_full_session_keeps_the_place_one_has() -> None:
    harness = two_sessions(Capacity=0)

    with pytest.raises(SessionFullError):
        harness.move("ann", "s2")

    harness.tick()
    assert (harness.states("s1"), harness.states("s2")) == ({"ann": "confirmed"}, {})
    assert harness.kinds("ann") == ["booked"]


def test_the_place_that_was_left_goes_to_who_waits_for_it() -> None:
    harness = two_sessions()
    harness.book("ben", join_waiting_list=True)

    harness.move("ann", "s2")

    assert harness.states("s1") == {"ann": "cancelled", "ben": "confirmed"}


def test_who_waits_at_the_other_session_keeps_the_place_here() -> None:
    harness = two_sessions()
    harness.book("ben", "s2")
    harness.book("ann", "s2", join_waiting_list=True)

    with pytest.raises(SessionFullError):
        harness.move("ann", "s2")

    assert harness.states("s1") == {"ann": "confirmed"}


@pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)
def test_an_interrupted_move_is_finished_by_the_schedule_or_never_begun(fault: Fault, calls: range) -> None:
    for at in calls:
        harness, trouble = two_sessions(), InjectedFault(at, fault)
        token = harness.token("ann")
        try:
            harness._send(harness.self_service(with_fault(trouble)).move(token, "s2", harness.now).mails)
        except (Crash, Exception):  # noqa: BLE001  # the person saw an error, or the process died
            harness.time.seconds += 10
        harness.pass_time(minutes=5)
        harness.tick()
        harness.pass_time(minutes=5)
        harness.tick()

        held = [harness.states(session).get("ann") for session in ("s1", "s2")]
        assert held in (["confirmed", None], ["cancelled", "confirmed"]), f"call {at}"
        assert harness.kinds("ann") == ["booked"] * (1 if held[1] is None else 2)
        if not trouble.triggered:
            assert held == ["cancelled", "confirmed"]
            assert at >= 5
            return
    pytest.fail("the calls never ended")


def test_a_link_of_an_earlier_booking_leads_to_the_present_one_of_the_same_person() -> None:
    harness = BookingHarness()
    harness.book("ann")
    old = harness.token("ann")
    harness.cancel("ann")
    harness.pass_time(minutes=1)
    harness.book("ann")

    assert harness.self_service().find(old, harness.now) == harness.self_service().find(
        harness.token("ann"), harness.now
    )
    harness.self_service().cancel(old, harness.now)
    assert harness.states() == {"ann": "cancelled"}


@pytest.mark.parametrize("act", ["find", "calendar", "cancel", "choices"])
@pytest.mark.parametrize("noted", [True, False], ids=["noted by the schedule", "just typed"])
def test_no_link_to_an_earlier_address_opens_the_booking_or_changes_it(act: str, noted: bool) -> None:
    harness = BookingHarness()
    harness.book("ann")
    old = harness.token("ann")
    harness.edit("ann", Email="new@example.nhs.uk", Name="New")
    if noted:
        harness.tick()

    with pytest.raises(LinkUnknownError):
        getattr(harness.self_service(), act)(old, harness.now)
    assert harness.states() == {"new": "confirmed"}
    harness.tick()
    assert harness.self_service().find(harness.token("new"), harness.now).attendee.name == "New"


def test_no_earlier_link_opens_a_booking_that_has_had_another_address_in_between() -> None:
    harness = BookingHarness()
    harness.book("ann")
    links = [harness.token("ann")]
    for address in ("new@example.nhs.uk", "ann@example.nhs.uk"):
        harness.edit("ann", Email=address)
        harness.tick()
        links.append(harness.token("ann"))

    for link in links[:2]:
        with pytest.raises(LinkUnknownError):
            harness.self_service().find(link, harness.now)
    assert harness.self_service().find(links[2], harness.now).attendee.is_live
    assert harness.kinds("new") == harness.kinds("ann")[:1] == ["booked"]


def test_who_books_the_row_that_was_given_to_another_address_does_not_share_it() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.edit("ann", Email="new@example.nhs.uk")
    harness.tick()
    link_of_new = harness.token("ann")
    harness.self_service().cancel(link_of_new, harness.now)
    harness.pass_time(minutes=1)
    harness.book("ann")

    assert harness.states() == {"ann": "confirmed"}
    with pytest.raises(LinkUnknownError):
        harness.self_service().find(link_of_new, harness.now)
    assert harness.self_service().find(harness.token("ann"), harness.now).attendee.is_live


def test_a_row_saved_as_it_was_before_its_address_changed_lets_no_other_mailbox_in() -> None:
    harness = BookingHarness()
    harness.book("ann")
    stale = harness.row("ann").cells
    harness.edit("ann", Email="ben@example.nhs.uk")
    harness.tick()
    link_of_ben = harness.token("ann")
    harness.bookings.put({**stale, "Email": "cem@example.nhs.uk"})
    harness.tick()

    with pytest.raises(LinkUnknownError):
        harness.self_service().find(link_of_ben, harness.now)
    assert harness.kinds("cem") == ["booked"]


def test_an_emptied_cell_of_the_generation_lets_no_earlier_address_in() -> None:
    harness = BookingHarness()
    harness.book("ann")
    old = harness.token("ann")
    harness.edit("ann", Email="new@example.nhs.uk")
    harness.tick()
    harness.edit("ann", Generation="")

    with pytest.raises(LinkUnknownError):
        harness.self_service().find(old, harness.now)
    assert harness.self_service().find(harness.token("ann"), harness.now).attendee.is_live


@pytest.mark.parametrize("address", ["Ann@example.nhs.uk", "ann+work@example.nhs.uk"])
def test_another_spelling_of_the_same_address_keeps_the_links(address: str) -> None:
    harness = BookingHarness()
    harness.book("ann")
    old = harness.token("ann")
    harness.edit("ann", Email=address)

    assert harness.self_service().find(old, harness.now).attendee.is_live
    harness.tick()
    assert harness.self_service().find(old, harness.now).attendee.email == address


def test_a_row_from_before_there_was_a_column_for_the_address_opens_by_its_own_generation() -> None:
    harness = BookingHarness()
    harness.book("ann")
    first = harness.token("ann")
    harness.cancel("ann")
    harness.book("ann")
    cells = harness.row("ann").cells
    harness.bookings.put({name: cell for name, cell in cells.items() if name != "AddressSince"})

    assert harness.self_service().find(harness.token("ann"), harness.now).attendee.is_live
    with pytest.raises(LinkUnknownError):
        harness.self_service().find(first, harness.now)


def test_the_second_time_a_place_is_given_up_says_that_it_already_was() -> None:
    harness = BookingHarness()
    harness.book("ann")
    token = harness.token("ann")

    assert not harness.self_service().cancel(token, harness.now).already
    assert harness.self_service().cancel(token, harness.now).already


def test_no_change_of_one_character_opens_anything() -> None:
    harness = BookingHarness()
    harness.book("ann")
    token = harness.token("ann")

    for place in range(len(token)):
        for other in "A_-9z":
            if token[place] != other:
                with pytest.raises(LinkUnknownError):
                    harness.self_service().find(token[:place] + other + token[place + 1 :], harness.now)


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "..", "%00", "Zm9v", "é"])
def test_what_was_never_a_link_opens_nothing(token: str) -> None:
    with pytest.raises(LinkUnknownError):
        BookingHarness().self_service().find(token, london("2023-09-01 09:00"))


def test_reminders_can_be_stopped_and_had_again() -> None:
    harness = BookingHarness()
    harness.book("ann")
    token = harness.token("ann")

    harness.self_service().set_reminders(token, on=False, now=harness.now)
    assert harness.self_service().set_reminders(token, on=False, now=harness.now).already
    harness.live(until=london("2023-09-01 10:00"))
    harness.at(london("2023-09-07 15:05"))
    harness.tick()
    assert harness.kinds("ann") == ["booked"]

    harness.self_service().set_reminders(token, on=True, now=harness.now)
    harness.at(london("2023-09-08 14:05"))
    harness.tick()
    assert harness.kinds("ann") == ["booked", "reminder"]


def test_nothing_changes_once_the_session_has_started() -> None:
    harness = two_sessions()
    token = harness.token("ann")
    harness.at(london("2023-09-08 15:00"))

    with pytest.raises(TooLateError):
        harness.self_service().cancel(token, harness.now)
    with pytest.raises(TooLateError):
        harness.self_service().move(token, "s2", harness.now)
    with pytest.raises(TooLateError):
        harness.self_service().set_reminders(token, on=False, now=harness.now)
    assert harness.states() == {"ann": "confirmed"}
