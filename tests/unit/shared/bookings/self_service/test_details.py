"""Name, needs and reminders, changed by the link in the emails."""

from typing import Any

import pytest

from shared.bookings.model.errors import LinkUnknownError, TooLateError
from shared.bookings.self_service.details import DetailsRequest
from shared.bookings.self_service.service import ActionResult
from shared.bookings.staff_emails.facilitator_briefing import briefing_facts
from shared.bookings.staff_emails.organiser_alerts import alerts
from shared.tables.table import Row
from tests.builders import POLICY, london
from tests.fakes import FAULTS, Crash, FakeTable, Fault, InjectedFault, with_fault
from tests.unit.shared.bookings.booking_system import BookingHarness, Wrap

SAME = {"full_name": "Ann", "reminders": True}


def plain(table: FakeTable) -> FakeTable:
    return table


def change(harness: BookingHarness, name: str = "ann", wrap: Wrap = plain, **wanted: Any) -> ActionResult:
    details = DetailsRequest.model_validate(SAME | wanted)
    return harness.self_service(wrap).change_details(harness.token(name), details, asks_needs=True, now=harness.now)


def told(harness: BookingHarness) -> list[str]:
    """Titles of what the organiser is to hear of now, each with what makes it another one than before."""
    session, roster = harness.repository().session("s1"), harness.repository().roster("s1")
    assert session is not None
    return [f"{alert.title} {alert.about}" for alert in alerts(session, roster, POLICY, harness.now)]


def cells(row: Row) -> tuple[str, str, str, str]:
    return row.text("Name"), row.text("Adjustments"), row.text("ShareAdjustments"), row.text("Reminders")


def test_name_needs_and_reminders_are_written_into_the_row_and_nothing_else_is() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.tick()
    before = harness.row("ann").cells

    done = change(harness, full_name="Ann Lee", adjustments="=Captions", share_adjustments=True, reminders=False)
    harness.tick()

    [row] = harness.rows()
    assert not done.already
    assert cells(row) == ("Ann Lee", "'=Captions", "yes", "no")
    changed = {name for name, cell in row.cells.items() if cell != before.get(name)}
    assert changed == {"Name", "Adjustments", "ShareAdjustments", "Reminders", "NeedsChangedAt", "Mail", "ActedAt"}
    assert harness.repository().roster("s1").attendees[0].adjustments == "=Captions"
    assert harness.kinds("ann") == ["booked"], "the page says that it is saved"
    harness.live(until=london("2023-09-08 15:00"))
    assert harness.kinds("ann") == ["booked"]


def test_a_change_that_was_made_before_changes_nothing() -> None:
    harness = BookingHarness()
    harness.book("ann")

    assert change(harness).already
    assert not change(harness, adjustments="Captions").already
    row = harness.row("ann")
    assert change(harness, adjustments="Captions").already
    assert harness.row("ann") == row


def test_a_change_is_decided_again_on_a_row_that_someone_changed_meanwhile() -> None:
    harness = BookingHarness()
    harness.book("ann")

    class BusyTable:
        def __init__(self, table: FakeTable) -> None:
            self.table, self.edited = table, False

        def merge(self, cells: Any, etag: str) -> str:
            if not self.edited:
                self.edited = True
                harness.edit("ann", State="to-check")
            return self.table.merge(cells, etag)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.table, name)

    change(harness, wrap=BusyTable, full_name="Ann Lee")

    [row] = harness.rows()
    assert (row.text("Name"), row.text("State")) == ("Ann Lee", "to-check")


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_at_any_call_leaves_half_a_change(fault: Fault) -> None:
    for at in range(20):
        harness, trouble = BookingHarness(), InjectedFault(at, fault)
        harness.book("ann")
        try:
            change(harness, wrap=with_fault(trouble), full_name="Ann Lee", adjustments="Captions", reminders=False)
        except (Crash, Exception):  # noqa: BLE001  # the person saw an error, or the process died
            harness.time.seconds += 10
        [row] = harness.rows()
        assert cells(row) in {("Ann", "", "no", "yes"), ("Ann Lee", "Captions", "no", "no")}
        if not trouble.triggered:
            assert cells(row)[0] == "Ann Lee"
            return
    pytest.fail("the calls never ended")


def test_the_organiser_hears_of_each_change_of_needs_once_and_of_nothing_else() -> None:
    harness = BookingHarness()
    harness.book("ann", adjustments="Captions")
    heard = [told(harness)]
    steps: tuple[dict[str, Any], ...] = (
        {"adjustments": "Captions", "full_name": "Ann Lee", "reminders": False},
        {"adjustments": "A break"},
        {"adjustments": "Captions"},
        {"adjustments": "Captions", "share_adjustments": True},
        {"adjustments": ""},
        {"adjustments": "", "share_adjustments": True},
    )
    for step in steps:
        harness.pass_time(minutes=5)
        [row] = harness.rows()
        change(harness, row.text("Name"), **step)
        heard.append(told(harness))

    assert [len(each) for each in heard] == [1] * 7
    assert [each.partition(":")[0] for [each] in heard] == [
        "Adjustments asked for",
        "Adjustments asked for",
        *["Adjustments changed"] * 3,
        *["Adjustments no longer asked for"] * 2,
    ]
    abouts = [each.partition(" ('")[2] for [each] in heard]
    assert abouts[0] == abouts[1], "another name is no change of needs"
    assert abouts[5] == abouts[6], "who may see nothing is no change of needs"
    assert len(set(abouts)) == 5


@pytest.mark.parametrize("names", [True, False])
def test_the_facilitators_see_changed_needs_only_where_the_person_agrees(names: bool) -> None:
    harness = BookingHarness()
    harness.book("ann")
    session = harness.repository().session("s1")
    assert session is not None

    def seen() -> str:
        return str(briefing_facts(session, harness.repository().roster("s1"), names=names)["adjustments"])

    change(harness, adjustments="Captions")
    assert "Captions" not in seen()
    change(harness, adjustments="Captions", share_adjustments=True)
    assert "Captions" in seen()
    change(harness, adjustments="Captions", share_adjustments=False)
    assert "Captions" not in seen()


def test_needs_are_left_alone_where_nobody_reads_them() -> None:
    harness = BookingHarness()
    harness.book("ann", adjustments="Captions", share_adjustments=True)
    wanted = DetailsRequest.model_validate(SAME | {"full_name": "Ann Lee", "adjustments": "Other"})
    harness.self_service().change_details(harness.token("ann"), wanted, asks_needs=False, now=harness.now)

    [row] = harness.rows()
    assert cells(row) == ("Ann Lee", "Captions", "yes", "yes")


def test_nothing_is_changed_after_the_start_or_of_a_booking_that_is_cancelled() -> None:
    harness = BookingHarness()
    for name in ("ann", "ben"):
        harness.book(name)
    harness.cancel("ben")

    assert change(harness, "ben", full_name="Ben Lee").already
    harness.at(london("2023-09-08 15:00"))
    with pytest.raises(TooLateError):
        change(harness, full_name="Ann Lee")
    assert harness.states().keys() == {"ann", "ben"}


def test_a_link_to_an_earlier_address_changes_nothing() -> None:
    harness = BookingHarness()
    harness.book("ann")
    old = harness.token("ann")
    harness.edit("ann", Email="new@example.nhs.uk")
    harness.tick()

    with pytest.raises(LinkUnknownError):
        harness.self_service().change_details(
            old, DetailsRequest.model_validate(SAME | {"full_name": "X"}), asks_needs=True, now=harness.now
        )


def test_the_changed_details_go_along_to_another_session() -> None:
    harness = BookingHarness()
    harness.add_session(RowKey="s2", Date="2023-10-03")
    harness.book("ann")
    change(harness, full_name="Ann Lee", adjustments="Captions", share_adjustments=True, reminders=False)
    harness.move("ann lee", "s2")

    [row] = harness.rows("s2")
    assert cells(row) == ("Ann Lee", "Captions", "yes", "no")
