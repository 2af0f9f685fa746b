"""The organiser gets the list of who has booked the day before, and whenever the session's row asks for it: once."""

import contextlib
from dataclasses import replace

import pytest

from shared.bookings.model.session import SessionState
from shared.bookings.staff_emails.immediate_sender import ImmediateSender
from shared.bookings.staff_emails.organiser_list import OrganiserList, due_list
from shared.mail.ledger import MailLedger
from shared.mail.pause import MailPause
from shared.tables.service_table import read_service_rows
from tests.builders import london, session
from tests.fakes import FAULTS, Crash, FakeTable, Fault, InjectedFault, with_fault
from tests.unit.shared.bookings.booking_system import RENDERER, BookingHarness, Wrap

ADDRESS = "organiser@trust.example"
DAY_BEFORE = "organiser-list-P1D-20230908T1400Z"


def plain(table: FakeTable) -> FakeTable:
    return table


class ListHarness(BookingHarness):
    """A harness whose schedule also sends the lists. Without a fault every run comes to its end."""

    def tick(self, wrap: Wrap = plain) -> None:
        schedule = self.schedule()
        found = schedule.run(read_service_rows(self.service), self.now).reconciled
        self._send(schedule.mails_within_quota(found, self.now))
        ledger, pause = MailLedger(wrap(self.log), wrap(self.index)), MailPause(self.service)
        mail = ImmediateSender(ledger=ledger, pause=pause, sender=self.sender, clock=self.clock)
        lists = OrganiserList(address=ADDRESS, rows=self.repository(wrap), mail=mail, renderer=RENDERER)
        assert lists.run(found, self.now) or wrap is not plain

    @property
    def lists(self) -> list[str]:
        """The emails' texts, each on one line."""
        return [" ".join(mail.text.split()) for mail in self.mails("organiser@")]

    @property
    def send(self) -> str:
        return self.session_row().text("Send")


def test_the_list_goes_once_a_day_before_by_the_clock_in_london() -> None:
    harness = ListHarness(Date="2023-10-29", Time="10:00")
    harness.book("ann")
    harness.at(london("2023-10-28 09:55"))
    harness.tick()
    assert harness.lists == []

    for _ in range(3):
        harness.pass_time(minutes=5)
        harness.tick()
    assert len(harness.lists) == 1


def test_it_is_due_until_the_start_and_only_of_a_session_that_runs_at_a_time_that_stands() -> None:
    moving = replace(session(), typed=replace(session().details, starts=london("2023-09-08 17:00")))
    table = [
        (session(), "2023-09-07 14:59", None),
        (session(), "2023-09-07 15:00", DAY_BEFORE),
        (session(), "2023-09-08 14:59", DAY_BEFORE),
        (session(), "2023-09-08 15:00", None),
        (session(state=SessionState.CLOSED), "2023-09-07 15:00", DAY_BEFORE),
        (session(state=SessionState.CANCELLED), "2023-09-07 15:00", None),
        (session(state=SessionState.DRAFT), "2023-09-07 15:00", None),
        (moving, "2023-09-07 15:00", None),
    ]
    assert [each for each in table if due_list(each[0], london(each[1])) != each[2]] == []


def test_it_names_who_comes_and_who_is_to_be_checked_and_only_counts_needs() -> None:
    harness = ListHarness(Capacity=4)
    harness.book("zoe", adjustments="Secret-captions", share_adjustments=True)
    harness.book("ann", adjustments="Secret-break")
    harness.book("cem", email="cem@agency.example", works_here=True, proves=True)
    harness.book("eve", email="eve@agency.example", works_here=True)
    harness.book("dee", join_waiting_list=True)
    harness.edit_session(Send=" List ")
    harness.tick()

    [text] = harness.lists
    reference = {row.text("Name"): row.text("Reference") for row in harness.rows()}
    assert f"Confirmed: - Ann ({reference['Ann']}) - Zoe ({reference['Zoe']})" in text
    assert f"into the State of each: - Cem ({reference['Cem']}) 2 people have needs: see Adjustments" in text
    assert "Confirmed: 2 To check: 1 Places held until an email address is confirmed: 1 On the waiting list: 1" in text
    assert [each for each in ("Secret", "Eve", "Dee", "@agency", "teams.example") if each in text] == []
    assert harness.mails("organiser@")[0].subject == (
        "Staff session, list of people booked: Friday 8 September 2023, 3pm"
    )


def test_a_session_without_bookings_is_said_to_have_none() -> None:
    harness = ListHarness(Send="list")
    harness.tick()

    [text] = harness.lists
    assert "No one has a confirmed place." in text
    assert "needs" not in text


def test_each_time_that_it_is_asked_for_it_is_sent_once_and_the_cell_is_emptied() -> None:
    harness = ListHarness()
    harness.tick()
    as_opened = harness.send
    assert as_opened == ""
    for sent in (1, 2):
        harness.edit_session(Send="list")
        harness.tick()
        assert (len(harness.lists), harness.send[:18]) == (sent, "list is being sent")
        as_opened = harness.send
        for _ in range(3):
            harness.pass_time(minutes=5)
            harness.tick()
        assert (len(harness.lists), harness.send) == (sent, "")

    harness.edit_session(Send=as_opened)
    harness.tick()
    assert (len(harness.lists), harness.send) == (2, ""), "a row that was saved as it had been opened"


def test_another_word_is_named_in_the_problem_and_the_session_goes_on() -> None:
    harness = ListHarness(Send="lists please")
    harness.tick()
    assert harness.session_row().text("Problem") == 'Send is "lists please". Write list, or leave it empty.'
    assert harness.lists == []

    harness.book("ann")
    harness.edit_session(Time="16:00", Send="list")
    harness.tick()
    assert harness.session_row().text("Problem") == ""
    assert "1 person will be emailed" in harness.session_row().text("Notice")
    harness.pass_time(minutes=20)
    harness.tick()
    assert len(harness.lists) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_table_call_neither_doubles_nor_loses_what_was_asked_for(fault: Fault) -> None:
    for at in range(100):
        harness, trouble = ListHarness(), InjectedFault(at, fault)
        harness.tick()
        harness.edit_session(Send="list")
        with contextlib.suppress(Crash):
            harness.tick(with_fault(trouble))
        if not trouble.triggered:
            assert at >= 3, "marking, claiming and sending were broken"
            return
        for _ in range(8):
            harness.pass_time(minutes=5)
            harness.tick()
        assert (len(harness.lists), harness.send) == (1, ""), f"call {at}"
    pytest.fail("the calls never ended")


def test_the_list_of_a_session_that_is_deleted_waits_for_nothing() -> None:
    harness = ListHarness()
    harness.book("ann")
    harness.tick()
    harness.sessions.rows.clear()
    harness.tick()

    assert harness.lists == []
