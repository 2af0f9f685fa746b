"""The facilitators hear how many come and what they need, a week and a day before: once, and only what was agreed."""

import contextlib
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from shared.bookings.model.attendee import AttendeeState, Roster
from shared.bookings.model.session import SessionState
from shared.bookings.staff_emails.facilitator_briefing import FacilitatorBriefing, briefing_facts, due_briefing
from shared.bookings.staff_emails.immediate_sender import ImmediateSender
from shared.mail.ledger import MailLedger
from shared.mail.pause import MailPause
from shared.tables.service_table import read_service_rows
from tests.builders import attendee, london, session
from tests.fakes import FAULTS, Crash, FakeTable, Fault, InjectedFault, with_fault
from tests.unit.shared.bookings.booking_system import RENDERER, BookingHarness, Wrap

ADDRESS = "facilitators@provider.example"
A_WEEK_BEFORE = "facilitators-P7D-20230908T1400Z"
A_DAY_BEFORE = "facilitators-P1D-20230908T1400Z"


def plain(table: FakeTable) -> FakeTable:
    return table


class HarnessWithFacilitators(BookingHarness):
    """A harness whose schedule also tells the facilitators. Without a fault every run comes to its end."""

    names = False

    def tick(self, wrap: Wrap = plain) -> None:
        seen = self.schedule().run(read_service_rows(self.service), self.now)
        found, complete = seen.reconciled, seen.complete
        assert complete
        self._send(self.schedule().mails_within_quota(found, self.now))
        told = self.facilitators(wrap).run(found, self.now)
        assert told or wrap is not plain

    def facilitators(self, wrap: Wrap = plain) -> FacilitatorBriefing:
        ledger, pause = MailLedger(wrap(self.log), wrap(self.index)), MailPause(self.service)
        mail = ImmediateSender(ledger=ledger, pause=pause, sender=self.sender, clock=self.clock)
        return FacilitatorBriefing(address=ADDRESS, names=self.names, mail=mail, renderer=RENDERER)

    @property
    def texts_received(self) -> list[str]:
        """The mails' texts, each on one line."""
        return [" ".join(mail.text.split()) for mail in self.mails("facilitators")]

    @property
    def told(self) -> list[str]:
        return [row.key for row in self.log.query() if row.key.startswith("facilitators")]


def test_they_are_told_a_week_and_a_day_before_by_the_clock_and_never_again() -> None:
    """The clocks go back on 29 October, so that the week has 169 hours."""
    harness = HarnessWithFacilitators(Date="2023-10-31", Time="10:00")
    moments = []
    harness.at(london("2023-10-24 09:30"))
    while harness.now < london("2023-10-31 10:30"):
        before = len(harness.texts_received)
        harness.pass_time(minutes=30)
        harness.tick()
        moments += [harness.now] * (len(harness.texts_received) - before)

    assert moments == [london("2023-10-24 10:00"), london("2023-10-30 10:00")]


def test_after_an_outage_only_the_nearest_is_sent() -> None:
    harness = HarnessWithFacilitators()
    harness.at(london("2023-09-07 20:00"))
    harness.tick()
    harness.tick()

    assert harness.told == [A_DAY_BEFORE]
    assert len(harness.texts_received) == 1


@pytest.mark.parametrize(
    ("clock", "due"),
    [
        ("2023-09-01 14:59", None),
        ("2023-09-01 15:00", A_WEEK_BEFORE),
        ("2023-09-07 14:59", A_WEEK_BEFORE),
        ("2023-09-07 15:00", A_DAY_BEFORE),
        ("2023-09-08 14:59", A_DAY_BEFORE),
        ("2023-09-08 15:00", None),
    ],
)
def test_the_one_that_is_due_is_the_latest_until_the_session_starts(clock: str, due: str | None) -> None:
    assert due_briefing(session(), london(clock)) == due


@pytest.mark.parametrize("state", [SessionState.DRAFT, SessionState.CANCELLED])
def test_nobody_is_told_of_a_session_that_does_not_run(state: SessionState) -> None:
    assert due_briefing(session(state=state), london("2023-09-07 15:00")) is None


def test_they_are_told_of_a_session_that_takes_no_more_bookings() -> None:
    assert due_briefing(session(state=SessionState.CLOSED), london("2023-09-07 15:00")) == A_DAY_BEFORE


def test_they_are_not_told_of_an_old_start_while_a_new_one_settles() -> None:
    moving = replace(session(), typed=replace(session().details, starts=london("2023-09-08 17:00")))

    assert due_briefing(moving, london("2023-09-07 15:00")) is None
    rethemed = replace(moving, typed=replace(session().details, theme="Rest"))
    assert due_briefing(rethemed, london("2023-09-07 15:00")) == A_DAY_BEFORE


def test_a_session_that_moves_is_told_of_at_its_new_time() -> None:
    harness = HarnessWithFacilitators()
    harness.book("ann")
    harness.live(until=london("2023-09-01 15:05"))
    harness.edit_session(Date="2023-09-22")
    harness.at(london("2023-09-07 15:00"))
    harness.tick()
    harness.live(until=london("2023-09-07 15:30"))
    for day in ("2023-09-15", "2023-09-21"):
        harness.at(london(f"{day} 15:00"))
        harness.tick()

    last = [mail.subject for mail in harness.mails("facilitators")][-2:]
    assert last == ["Staff session, people booked: Friday 22 September 2023, 3pm"] * 2


def test_they_are_told_the_numbers() -> None:
    harness = HarnessWithFacilitators(Capacity=2)
    harness.book("ann")
    harness.book("ben", email="ben@agency.example", works_here=True, proves=True)
    harness.book("cleo", join_waiting_list=True)
    harness.live(until=london("2023-09-01 15:00"))

    [text] = harness.texts_received
    assert "Booked: 1 Places held while we check: 1 On the waiting list: 1 Places: 2" in text
    assert "Friday 8 September 2023, 3pm to 4:15pm" in text


def test_only_what_someone_with_a_place_agreed_to_share_is_told_and_without_a_name() -> None:
    harness = HarnessWithFacilitators(Capacity=3)
    harness.book("ann", adjustments="Captions", share_adjustments=True)
    harness.book("ben", adjustments="Secret-one", share_adjustments=False)
    harness.book("dora", adjustments="A break", share_adjustments=True)
    harness.book("cleo", adjustments="Waiting-one", share_adjustments=True, join_waiting_list=True)
    harness.live(until=london("2023-09-01 15:00"))

    [text] = harness.texts_received
    assert "Someone asks for (1 of 2): A break Someone asks for (2 of 2): Captions" in text
    assert not re.search("secret|waiting-one|ann|ben|cleo|dora|@", text, re.IGNORECASE)


def test_with_names_they_are_told_who_is_confirmed_and_who_needs_what() -> None:
    harness = HarnessWithFacilitators(Capacity=3)
    harness.names = True
    harness.book("zoe", adjustments="Captions", share_adjustments=True)
    harness.book("ben", adjustments="Secret-one")
    harness.book("dora", email="dora@agency.example", works_here=True)
    harness.live(until=london("2023-09-01 15:00"))

    [text] = harness.texts_received
    assert "Let these people in from the lobby: - Ben - Zoe" in text
    assert "Zoe: Captions" in text
    assert not re.search("secret|dora|@", text, re.IGNORECASE)


def test_someone_who_cancelled_is_not_among_them() -> None:
    gone = attendee(state=AttendeeState.CANCELLED, adjustments="Captions", share_adjustments=True)
    facts = briefing_facts(session(), Roster((gone,), ""), names=True)

    assert (facts["confirmed"], facts["names"], facts["adjustments"]) == (0, [], [])


@pytest.mark.parametrize("clock", ["2023-09-01 14:55", "2023-09-01 15:05"], ids=["before", "after"])
def test_a_run_in_which_nothing_is_due_costs_no_request(clock: str) -> None:
    harness = HarnessWithFacilitators()
    harness.live(until=london(clock))
    found = harness.schedule().run(read_service_rows(harness.service), harness.now).reconciled
    facilitators = harness.facilitators()
    before = harness.log.calls, harness.index.calls, harness.service.calls
    facilitators.run(found, harness.now)

    assert (harness.log.calls, harness.index.calls, harness.service.calls) == before


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_table_call_neither_doubles_nor_loses_the_mail(fault: Fault) -> None:
    for at in range(100):
        harness, trouble = HarnessWithFacilitators(), InjectedFault(at, fault)
        harness.at(london("2023-09-01 15:00"))
        with contextlib.suppress(Crash):
            harness.tick(with_fault(trouble))
        if not trouble.triggered:
            assert at >= 3, "claiming, indexing and marking were broken"
            return
        harness.live(until=harness.now + timedelta(minutes=30))

        assert len(harness.texts_received) == 1, f"call {at}"
        assert harness.log.rows[("s1", A_WEEK_BEFORE)].text("State") == "sent"
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("trouble", ["crash-before", "crash-after", "lost-request", "lost-answer", "throttled"])
@pytest.mark.parametrize("number", [0, 1], ids=["sending", "asking"])
def test_a_fault_of_the_mail_service_neither_doubles_nor_loses_the_mail(trouble: str, number: int) -> None:
    harness = HarnessWithFacilitators()
    harness.at(london("2023-09-01 15:00"))
    harness.sender.trouble = {0: "crash-before", number: trouble}
    for _ in range(12):
        with contextlib.suppress(Crash):
            harness.tick()
        harness.pass_time(minutes=5)

    assert len(harness.texts_received) == 1


def test_throttling_mail_service_pauses_the_other_sessions_too() -> None:
    harness = HarnessWithFacilitators()
    harness.add_session(RowKey="s2")
    harness.at(london("2023-09-01 15:00"))
    harness.sender.trouble = {0: "throttled"}
    harness.tick()
    assert harness.sender.requests == 1

    harness.pass_time(minutes=5)
    harness.tick()
    assert len(harness.texts_received) == 2


def test_a_session_whose_mail_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    harness = HarnessWithFacilitators()
    harness.add_session(RowKey="s2")
    harness.at(london("2023-09-01 15:00"))
    harness.tick(with_fault(InjectedFault(2, "lost-request")))

    assert [row.partition for row in harness.log.query() if row.text("State") == "sent"] == ["s2"]
    assert "facilitator briefing of session s1 failed: StorageUnavailableError" in caplog.text


def test_the_mail_says_the_same_in_text_and_html_and_obeys_no_markup() -> None:
    sharing: Any = {"adjustments": "<b>Captions</b> {{7*7}}", "share_adjustments": True}
    facts = briefing_facts(session(theme="Rest & recovery"), Roster((attendee(**sharing),), ""), names=True)
    message = RENDERER.render("facilitators", to=ADDRESS, **facts)
    shown = unescape(re.sub(r"<[^>]+>", " ", message.html.partition('role="main"')[2].partition(">")[2]))

    assert "&lt;b&gt;Captions&lt;/b&gt; {{7*7}}" in message.html
    assert "<b>Captions</b> {{7*7}}" in message.text
    said = set(re.findall(r"\w+", message.text))
    assert set(re.findall(r"\w+", shown)) <= said
    assert "recovery" in said


def test_a_name_is_one_line_of_plain_text() -> None:
    harness = HarnessWithFacilitators()
    harness.names = True
    harness.book("zoe")
    harness.edit("zoe", Name="Zoe\r\n- Mallory\u2028<b>Dan</b>")
    harness.live(until=london("2023-09-01 15:00"))

    [mail] = harness.mails("facilitators")
    assert "\n- Zoe - Mallory <b>Dan</b>\n" in mail.text
    assert "<li>Zoe - Mallory &lt;b&gt;Dan&lt;/b&gt;</li>" in mail.html


def test_the_subject_is_neutral() -> None:
    facts = briefing_facts(session(theme="Canary"), Roster((), ""), names=False)
    subject = RENDERER.render("facilitators", to=ADDRESS, **facts).subject

    assert subject == "Staff session, people booked: Friday 8 September 2023, 3pm"
