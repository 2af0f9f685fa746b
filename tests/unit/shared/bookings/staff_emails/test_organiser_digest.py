"""The organiser hears of everything that a person has to see to: once, in one mail an hour at most, whatever breaks."""

import contextlib
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.bookings.model.attendee import AttendeeState, Roster
from shared.bookings.model.errors import SessionFullError
from shared.bookings.model.session import SessionState
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.bookings.staff_emails.digest_log import MAX_ALERTS_PER_MAIL, DigestLogTable
from shared.bookings.staff_emails.immediate_sender import ImmediateSender
from shared.bookings.staff_emails.organiser_alerts import Alert, alerts, row_problem_alert
from shared.bookings.staff_emails.organiser_digest import MIN_INTERVAL, OrganiserDigest, session_alerts
from shared.bookings.tables.deleted_sessions import deleted_session
from shared.bookings.tables.session_register import SessionRegister
from shared.mail.ledger import MailLedger
from shared.mail.message import EmailMessage, MailStatus
from shared.mail.pause import MailPause
from shared.reminder_offsets import parse_offsets
from shared.tables.service_table import read_service_rows
from shared.tables.table import RowConflictError, StorageError
from tests.builders import KEY, MORNING, POLICY, attendee, london, session
from tests.every_row import every_row
from tests.fakes import (
    FAULTS,
    STANDING_STILL,
    Crash,
    FakeClock,
    FakeMailSender,
    FakeTable,
    Fault,
    InjectedFault,
    with_fault,
)
from tests.unit.shared.bookings.booking_system import RENDERER, BookingHarness, Wrap

ADDRESS = "organiser@example.nhs.uk"
OUTSIDER: dict[str, Any] = {"email": "ann@agency.example", "works_here": True, "proves": True}
FIVE = timedelta(minutes=5)
TROUBLES = ("crash-before", "crash-after", "lost-request", "lost-answer", "throttled", "refused")


def plain(table: FakeTable) -> FakeTable:
    return table


class SendRefusingMailSender(FakeMailSender):
    """A mail service that, as the port says, refuses mails and not questions."""

    def status(self, operation_id: UUID) -> MailStatus | None:
        if self.trouble.get(self.requests) == "refused":
            del self.trouble[self.requests]
        return super().status(operation_id)


class DigestHarness:
    """The organiser's mails over tables in memory. What is current is up to the test."""

    def __init__(self, *, service: FakeTable | None = None) -> None:
        self.service, self.pauses, self.log, self.index = service or FakeTable(), FakeTable(), FakeTable(), FakeTable()
        self.sender: FakeMailSender = SendRefusingMailSender(dedupes=False)
        self.clock = FakeClock(STANDING_STILL)
        self.now, self.sent_at = MORNING, list[datetime]()

    def tell(self, *texts: str, wrap: Wrap = plain) -> None:
        told = [Alert((text,), f"About {text}", f"<{text}>") for text in texts]
        try:
            self.organiser(wrap).send_new_alerts(told, self.now)
        finally:
            self.sent_at += [self.now] * (len(self.sender.sent) - len(self.sent_at))

    def live(self, *texts: str, minutes: int) -> None:
        for _ in range(minutes // 5):
            self.now += FIVE
            with contextlib.suppress(Crash):
                self.tell(*texts)

    def organiser(self, wrap: Wrap = plain) -> OrganiserDigest:
        ledger, pause = MailLedger(wrap(self.log), wrap(self.index)), MailPause(wrap(self.pauses))
        mail = ImmediateSender(ledger=ledger, pause=pause, sender=self.sender, clock=self.clock)
        digest_log = DigestLogTable(wrap(self.service))
        return OrganiserDigest(
            address=ADDRESS, key=KEY, digest_log=digest_log, mail=mail, renderer=RENDERER, policy=POLICY
        )

    @property
    def told(self) -> list[str]:
        return [text for mail in self.sender.messages for text in re.findall(r"<([^>]+)>", mail.text)]

    def check_an_hour_apart(self) -> None:
        assert all(
            later - earlier >= MIN_INTERVAL for earlier, later in zip(self.sent_at, self.sent_at[1:], strict=False)
        ), self.sent_at


class HarnessWithOrganiser(BookingHarness):
    """A harness whose schedule also tells the organiser."""

    def tick(self) -> None:
        known = SessionRegister(self.service).known(read_service_rows(self.service))
        rows = self.repository().session_rows()
        seen = self.schedule().run(read_service_rows(self.service), self.now)
        found, complete = seen.reconciled, seen.complete
        assert complete
        self._send(self.schedule().mails_within_quota(found, self.now))
        digest = DigestHarness(service=self.service)
        digest.log, digest.index, digest.sender = self.log, self.index, self.sender
        digest.organiser().run(replace(seen, rows=tuple(rows), known=known), self.now)

    @property
    def texts_received(self) -> list[str]:
        return [mail.text for mail in self.mails("organiser")]


def everything(tables: Iterable[FakeTable]) -> str:
    return repr([row.cells for table in tables for row in table.rows.values()])


# What there is to hear of.


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"Capacity": "twelve"}, 'Capacity is "twelve". Write the number of places, for example 12.'),
        ({"Date": ""}, "Date is empty."),
    ],
)
def test_a_row_that_was_never_understood_is_told_with_the_words_of_its_problem(
    cells: dict[str, Any], said: str
) -> None:
    harness = HarnessWithOrganiser(**cells)
    harness.live(until=harness.now + timedelta(hours=3))

    [text] = harness.texts_received
    assert said in text
    assert "RowKey s1" in text


def test_a_problem_in_the_row_of_a_session_with_bookings_is_told_once_and_again_in_other_words() -> None:
    harness = HarnessWithOrganiser()
    harness.book("ben")
    harness.edit_session(Time="three")
    harness.live(until=harness.now + timedelta(hours=2))
    assert ['Time is "three"' in text for text in harness.texts_received] == [True]

    harness.edit_session(Time="half past three")
    harness.live(until=harness.now + timedelta(hours=2))
    assert ['Time is "half past three"' in text for text in harness.texts_received] == [False, True]


def test_a_problem_that_comes_within_the_hour_is_told_after_it_if_it_is_still_there() -> None:
    harness = HarnessWithOrganiser(JoinUrl="")
    harness.book("ben")
    harness.at(london("2023-09-01 15:00"))
    harness.tick()
    harness.edit_session(Time="three")
    harness.live(until=harness.now + timedelta(minutes=30))
    harness.edit_session(Minutes="long")
    harness.live(until=harness.now + timedelta(minutes=60))

    assert ["No joining link" in text for text in harness.texts_received] == [True, False]
    assert 'Time is "three"' in harness.texts_received[1]
    assert 'Minutes is "long"' in harness.texts_received[1]


def test_a_problem_in_the_row_of_a_session_that_is_over_is_not_told() -> None:
    harness = HarnessWithOrganiser()
    harness.book("ben")
    harness.tick()
    harness.at(london("2023-09-08 16:15"))
    harness.edit_session(Time="three")
    harness.tick()

    assert harness.texts_received == []


def test_a_draft_with_bookings_and_two_rows_of_one_name_are_told() -> None:
    harness = HarnessWithOrganiser()
    harness.book("ben")
    harness.edit_session(State="draft")
    harness.add_session(PartitionKey="other", State="draft")
    harness.tick()

    [text] = harness.texts_received
    assert "State is draft, but 1 have booked" in text
    assert "Two rows have this RowKey" in text


def test_a_place_held_for_someone_to_be_checked_is_told_with_the_deadline_and_what_to_type() -> None:
    harness = HarnessWithOrganiser()
    reference = harness.book("ann", **OUTSIDER).reference
    harness.live(until=harness.now + timedelta(hours=3))

    [text] = harness.texts_received
    assert f"To check: Ann ({reference})" in text
    assert "until Tuesday 5 September 2023, 9am" in text
    assert f"PartitionKey s1 and Reference {reference}, change State to confirmed or cancelled" in " ".join(
        text.split()
    )


def test_a_row_without_an_address_that_can_be_mailed_is_told() -> None:
    harness = HarnessWithOrganiser()
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": "typed", "Name": "Cleo", "State": "confirmed"})
    harness.tick()

    [text] = harness.texts_received
    assert "Problem with the booking of Cleo (no reference)" in text
    assert "Email is not one address" in text
    assert "RowKey typed" in text


def test_a_name_is_one_line_of_plain_text() -> None:
    harness = HarnessWithOrganiser()
    typed = {"Name": "Cleo\r\n\nTo check:\u2028<b>Dan</b>", "Email": "nobody", "State": "confirmed"}
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": "typed"} | typed)
    harness.tick()

    [mail] = harness.mails("organiser")
    assert "Problem with the booking of Cleo To check: <b>Dan</b> (no reference)" in mail.text
    assert "Cleo To check: &lt;b&gt;Dan&lt;/b&gt; (no reference)" in mail.html


@pytest.mark.parametrize(
    ("share", "said"),
    [(True, "agreed that the facilitators see this"), (False, "wants only you to see this")],
)
def test_adjustments_are_told_on_the_next_run_with_who_may_see_them(said: str, *, share: bool) -> None:
    harness = HarnessWithOrganiser()
    harness.book("ben", adjustments="Captions,\nplease", share_adjustments=share)
    harness.tick()

    [text] = harness.texts_received
    assert "    Captions,\n    please" in text
    assert f"has a place and {said}" in text


def test_adjustments_of_someone_who_waits_are_told_again_when_they_get_a_place() -> None:
    harness = HarnessWithOrganiser(Capacity=1)
    harness.book("ben")
    harness.book("ann", adjustments="Captions", join_waiting_list=True)
    harness.tick()
    harness.pass_time(hours=1)
    harness.cancel("ben")
    harness.tick()

    assert ["waiting list" in text for text in harness.texts_received] == [True, False]


@pytest.mark.parametrize(("clock", "texts_received"), [("2023-10-24 09:55", 0), ("2023-10-24 10:00", 1)])
def test_a_missing_joining_link_is_told_seven_days_before_by_the_clock(clock: str, texts_received: int) -> None:
    """The clocks go back in between: seven days are 169 hours."""
    harness = HarnessWithOrganiser(JoinUrl="", Date="2023-10-31", Time="10:00")
    harness.at(london(clock))
    harness.tick()

    assert ["No joining link: Tue 31 Oct, 10am, session s1" in text for text in harness.texts_received] == [
        True
    ] * texts_received


def test_joining_link_still_settling_raises_no_alert() -> None:
    harness = HarnessWithOrganiser(JoinUrl="")
    harness.book("ben")
    harness.at(london("2023-09-01 14:55"))
    harness.tick()
    harness.edit_session(JoinUrl="https://teams.example/join/1")
    harness.live(until=london("2023-09-01 15:05"))

    assert harness.session_row().text("Notice") != ""
    assert harness.texts_received == []


def test_deleted_row_alert_states_the_true_deadline_for_restoring_it() -> None:
    harness = HarnessWithOrganiser()
    harness.book("ben")
    harness.tick()
    harness.sessions.rows.clear()
    harness.live(until=harness.now + timedelta(hours=3))

    [text] = harness.texts_received
    said = " ".join(text.split())
    assert "1 person has booked" in said
    assert "one day after Friday 1 September 2023, 9:05am" in said
    [known] = SessionRegister(harness.service).known(read_service_rows(harness.service)).values()
    for moment, state in (
        (london("2023-09-02 09:04"), SessionState.CLOSED),
        (london("2023-09-02 09:05"), SessionState.CANCELLED),
    ):
        found = deleted_session(known, parse_offsets("P1D"), moment)
        assert found is not None
        assert found.state is state


def test_the_row_of_a_session_that_was_called_off_or_that_nobody_booked_can_be_deleted_without_a_word() -> None:
    harness = HarnessWithOrganiser()
    harness.add_session(RowKey="s2")
    harness.add_session(RowKey="s3")
    harness.book("ben")
    harness.book("cleo", "s3")
    harness.tick()
    harness.cancel("cleo", "s3")
    harness.edit_session(State="cancelled")
    harness.live(until=harness.now + timedelta(hours=1))
    harness.sessions.rows.clear()
    harness.live(until=harness.now + timedelta(hours=3))

    assert harness.texts_received == []


def test_nothing_is_told_of_people_who_cancelled_nor_once_the_session_has_started() -> None:
    gone = attendee(state=AttendeeState.CANCELLED, adjustments="Captions", problem="Email is not one address.")
    here = attendee(key="booking-b", state=AttendeeState.TO_CHECK, adjustments="Captions", problem="Bounced.")
    roster = Roster((gone, here), "")
    starts = session().starts

    assert len(alerts(session(), roster, POLICY, starts - timedelta(minutes=1))) == 3
    assert alerts(session(), roster, POLICY, starts) == []


def test_of_a_cancelled_session_only_those_who_cannot_be_mailed_are_told() -> None:
    here = attendee(state=AttendeeState.TO_CHECK, needs_check=True, adjustments="Captions", problem="Bounced.")
    called_off = session(state=SessionState.CANCELLED, join_url="")
    found = alerts(called_off, Roster((here,), ""), POLICY, london("2023-09-07 09:00"))

    assert [alert.about[0] for alert in found] == ["attendee-problem"]


def test_a_session_that_cannot_be_made_sense_of_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    odd, sound = session(), session(id="s2")
    broken = replace(attendee(state=AttendeeState.TO_CHECK), booked_at=cast("datetime", "long ago"), needs_check=True)
    asked = attendee(adjustments="Captions")
    found = [ReconciledSession(None, each, Roster((who,), ""), (), {}) for each, who in ((odd, broken), (sound, asked))]

    assert [alert.about[:2] for alert in session_alerts(found, {}, POLICY, MORNING)] == [("adjustments", "s2")]
    assert "organiser alerts of session s1 failed: AttributeError" in caplog.text


def test_a_session_that_is_renamed_is_not_told_again() -> None:
    here = Roster((attendee(adjustments="Captions"),), "")
    before, after = (alerts(session(title=title), here, POLICY, MORNING) for title in ("One", "Two"))

    assert [each.about for each in before] == [each.about for each in after]


# One mail an hour.


def test_first_alert_is_sent_at_once_and_later_ones_are_batched_hourly() -> None:
    digest = DigestHarness()
    digest.tell("a")
    digest.now += FIVE
    digest.tell("a", "b")
    digest.live("a", "b", "c", minutes=50)
    assert digest.told == ["a"]

    digest.live("a", "b", "c", minutes=5)
    assert digest.told == ["a", "b", "c"]
    assert len(digest.sender.sent) == 2


def test_a_clock_that_was_ahead_holds_no_alert_back() -> None:
    digest = DigestHarness()
    digest.now += timedelta(hours=20)
    digest.tell("a")
    digest.now -= timedelta(hours=20)
    digest.tell("a", "b")

    assert digest.told == ["a", "b"]


def test_what_went_away_before_it_was_told_is_not_told() -> None:
    digest = DigestHarness()
    digest.tell("a")
    digest.live("a", "b", minutes=30)
    digest.live("a", minutes=90)

    assert digest.told == ["a"]


def test_nothing_is_told_twice_however_long_it_lasts_or_comes_back() -> None:
    digest = DigestHarness()
    digest.live("a", minutes=120)
    digest.live(minutes=60)
    digest.live("a", minutes=120)

    assert digest.told == ["a"]


def test_more_than_fits_into_one_mail_follows_in_the_next_and_says_so() -> None:
    digest = DigestHarness()
    many = [f"{number:02}" for number in range(MAX_ALERTS_PER_MAIL + 2)]
    digest.live(*many, minutes=180)

    assert sorted(digest.told) == many
    assert ["We will send the rest in an hour" in mail.text for mail in digest.sender.messages] == [True, False]


def test_a_run_with_nothing_to_tell_costs_no_request_and_one_with_nothing_new_costs_one() -> None:
    digest = DigestHarness()
    digest.tell()
    assert digest.service.calls == 0

    digest.tell("a")
    before = digest.service.calls, digest.log.calls, digest.index.calls
    digest.now += timedelta(days=1)
    digest.tell("a")
    assert (digest.service.calls, digest.log.calls, digest.index.calls) == (before[0] + 1, *before[1:])


def test_all_that_may_change_with_one_mail_fits_into_a_transaction() -> None:
    rows = DigestLogTable(FakeTable())
    batches = [[f"{batch}{number:02}" for number in range(MAX_ALERTS_PER_MAIL)] for batch in "abc"]
    rows.begin(rows.read(), "one", MORNING)
    rows.set_alerts("one", batches[0], batches[0], MORNING)
    rows.finish("one", sent=True)
    later = MORNING + timedelta(days=181)
    rows.begin(rows.read(), "two", later)
    rows.set_alerts("two", batches[1], [*batches[0], *batches[1]], later)
    rows.set_alerts("two", batches[2], batches[2], later)

    assert sorted(rows.read().alerts) == batches[2]


def test_stale_process_cannot_change_the_digest_log() -> None:
    rows = DigestLogTable(FakeTable())
    rows.begin(rows.read(), "one", MORNING)
    rows.set_alerts("one", ["a"], ["a"], MORNING)
    rows.finish("one", sent=True)
    rows.begin(rows.read(), "two", MORNING + MIN_INTERVAL)

    with pytest.raises(RowConflictError):
        rows.set_alerts("one", ["b"], ["b"], MORNING + MIN_INTERVAL)
    with pytest.raises(RowConflictError):
        rows.finish("one", sent=False)


def test_cleared_alerts_are_forgotten_after_half_a_year() -> None:
    digest = DigestHarness()
    digest.tell("a", "b")
    digest.now += timedelta(days=181)
    digest.tell("b", "c")
    assert len(digest.service.rows) == 3  # b, c and the last mail

    digest.live("b", "c", minutes=120)
    assert digest.told == ["a", "b", "c"]


# Whatever breaks.


def at_every_call(fault: Fault, mail_trouble: str = "") -> Iterable[tuple[int, DigestHarness]]:
    """A digest for each call on the way of the first mail, with that call broken."""
    for at in range(100):
        digest, trouble = DigestHarness(), InjectedFault(at, fault)
        digest.sender.trouble = {0: mail_trouble}
        with contextlib.suppress(Crash, StorageError):
            digest.tell("stays", "goes", wrap=with_fault(trouble))
        if not trouble.triggered:
            assert at >= 9, "reading, naming, claiming, indexing, filling, marking and finishing were broken"
            return
        yield at, digest
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_table_call_neither_doubles_nor_loses_what_is_told(fault: Fault) -> None:
    for at, digest in at_every_call(fault):
        digest.live("stays", "goes", "comes", minutes=180)

        assert sorted(digest.told) == ["comes", "goes", "stays"], f"call {at}"
        digest.check_an_hour_apart()


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_around_a_refused_email_neither_doubles_nor_loses_alerts(fault: Fault) -> None:
    for at, digest in at_every_call(fault, "refused"):
        digest.live("stays", "goes", "comes", minutes=240)

        assert sorted(digest.told) == ["comes", "goes", "stays"], f"call {at}"
        digest.check_an_hour_apart()


@pytest.mark.parametrize("fault", FAULTS)
def test_alert_that_clears_after_a_fault_and_returns_is_sent_once(fault: Fault) -> None:
    for at, digest in at_every_call(fault):
        digest.live("stays", "comes", minutes=120)
        digest.live("stays", "goes", "comes", minutes=120)

        assert sorted(digest.told) == ["comes", "goes", "stays"], f"call {at}"
        digest.check_an_hour_apart()


@every_row("trouble", TROUBLES)
@every_row("number", [0, 1])
def test_a_fault_of_the_mail_service_neither_doubles_nor_loses_what_is_told(trouble: str, number: int) -> None:
    digest = DigestHarness()
    digest.sender.trouble = {0: "crash-before", number: trouble}
    with contextlib.suppress(Crash):
        digest.tell("a")
    digest.live("a", "b", minutes=240)

    assert sorted(digest.told) == ["a", "b"]
    digest.check_an_hour_apart()


def test_two_processes_at_once_tell_it_once() -> None:
    digest = DigestHarness()
    other = digest.organiser()
    begin = digest.organiser().digest_log.begin
    organiser = digest.organiser()

    class Late(DigestLogTable):
        def begin(self, *args: Any) -> None:
            other.send_new_alerts([row_problem_alert("s1", "<a>")], digest.now)
            begin(*args)

    late = OrganiserDigest(
        address=ADDRESS, key=KEY, digest_log=Late(digest.service), mail=organiser.mail, renderer=RENDERER, policy=POLICY
    )
    late.send_new_alerts([row_problem_alert("s1", "<a>")], digest.now)

    assert digest.told == ["a"]


def test_a_mail_that_is_refused_is_told_anew_in_an_hour() -> None:
    digest = DigestHarness()
    digest.sender.trouble = {0: "refused"}
    digest.tell("a")
    digest.live("a", minutes=55)
    assert digest.sender.requests == 1

    digest.live("a", minutes=5)
    assert digest.told == ["a"]


def test_paused_mail_service_is_not_contacted() -> None:
    digest = DigestHarness()
    organiser = digest.organiser()
    organiser.mail.pause.begin(digest.now + FIVE)
    organiser.send_new_alerts([row_problem_alert("s1", "<a>")], digest.now)

    assert digest.log.rows == digest.service.rows == {}
    assert digest.sender.requests == 0


STEP = st.tuples(
    st.frozensets(st.sampled_from("abcdef")),
    st.integers(1, 16),  # of five minutes
    st.none() | st.tuples(st.integers(0, 12), st.sampled_from(FAULTS)),
    st.none() | st.sampled_from(TROUBLES),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(STEP, max_size=25))
def test_each_alert_is_sent_once_whatever_changes_and_fails(steps: list[Any]) -> None:
    digest = DigestHarness()
    for current, fives, fault, trouble in steps:
        digest.now += fives * FIVE
        digest.sender.trouble = {digest.sender.requests: trouble} if trouble else {}
        with contextlib.suppress(Crash, StorageError):
            digest.tell(*sorted(current), wrap=with_fault(InjectedFault(*fault)) if fault else plain)
    digest.sender.trouble = {}
    digest.live(*"abcdef", minutes=180)

    assert sorted(digest.told) == list("abcdef")
    digest.check_an_hour_apart()


def test_recording_alerts_before_asking_for_the_outcome_loses_them() -> None:
    """The negative control: what a mail tells is noted too early, and what came meanwhile counts as told."""

    class Hasty(ImmediateSender):
        def deliver(self, *args: Any) -> Any:
            args[4]()
            return super().deliver(*args[:4])

    def hasty(digest: DigestHarness) -> OrganiserDigest:
        proper = digest.organiser()
        mail = Hasty(ledger=proper.mail.ledger, pause=proper.mail.pause, sender=digest.sender, clock=digest.clock)
        digest_log = DigestLogTable(digest.service)
        return OrganiserDigest(
            address=ADDRESS, key=KEY, digest_log=digest_log, mail=mail, renderer=RENDERER, policy=POLICY
        )

    digest = DigestHarness()
    digest.sender.trouble = {0: "crash-after"}
    with pytest.raises(Crash):
        hasty(digest).send_new_alerts([row_problem_alert("s1", "<a>")], digest.now)
    for _ in range(40):
        digest.now += FIVE
        hasty(digest).send_new_alerts([row_problem_alert("s1", "<a>"), row_problem_alert("s1", "<b>")], digest.now)

    assert digest.told == ["a"]


# What nobody else is to see, and how the mail reads.


def test_nothing_of_anyone_is_in_a_row_a_log_line_or_a_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    harness = HarnessWithOrganiser()
    harness.book("zebedee", adjustments="Canary-captions", **OUTSIDER)
    harness.tick()

    assert "Canary-captions" in harness.texts_received[0]
    stored = everything([harness.service, harness.log, harness.index])
    for canary in ("Canary", "Zebedee", "agency", "organiser@"):
        assert canary not in stored
        assert canary not in caplog.text


def written(digest: DigestHarness) -> EmailMessage:
    [message] = digest.sender.messages
    return message


def test_the_mail_says_the_same_in_text_and_html_and_obeys_no_markup() -> None:
    digest = DigestHarness()
    alert = Alert(("x",), "Adjustments: <b>Ann</b>", "Captions {{7*7}} & more")
    digest.organiser().send_new_alerts([alert], digest.now)

    message = written(digest)
    assert message.to == ADDRESS
    assert "&lt;b&gt;Ann&lt;/b&gt;" in message.html
    for text in (message.text, unescape(message.html)):
        assert "<b>Ann</b>" in text
        assert "Captions {{7*7}} & more" in text


def test_the_subject_is_neutral() -> None:
    digest = DigestHarness()
    digest.tell("trauma", "race")

    assert written(digest).subject == "Staff sessions: 2 issues to deal with"


def test_a_concern_does_not_show_what_it_says_when_it_is_printed() -> None:
    assert "canary" not in repr(Alert(("canary",), "canary", "canary"))


def test_who_is_to_be_checked_is_in_the_next_email_however_many_invented_addresses_come_back() -> None:
    harness = HarnessWithOrganiser(Capacity=12)
    harness.add_session(RowKey="s2", Date="2023-09-25")
    harness.add_session(RowKey="s3", Date="2023-09-26")
    harness.comes_back = lambda address: address.startswith("x")
    for wave in range(3):
        for number in range(48):
            with contextlib.suppress(SessionFullError):
                name = f"x{chr(97 + wave)}{chr(97 + number // 26)}{chr(97 + number % 26)}"
                harness.book(name, f"s{1 + wave % 2}", join_waiting_list=True, adjustments="Canary")
        harness.pass_time(minutes=10)
        harness.tick()
    harness.book("real", "s3", **{**OUTSIDER, "email": "real@agency.example"})
    before = len(harness.texts_received)
    harness.live(until=harness.now + timedelta(minutes=90))

    assert "To check: Real" in harness.texts_received[before]
    assert sum(text.count("Many emails came back") for text in harness.texts_received) == 1
    assert sum(text.count("Problem with the booking of X") for text in harness.texts_received) == 0
    assert "Canary" not in "".join(harness.texts_received[1:])
