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
from shared.bookings.model.session import SessionState
from shared.bookings.reconcile.session_reconciler import LookedAfter
from shared.bookings.staff_emails.digest_log import MOST_IN_ONE, ToldRows
from shared.bookings.staff_emails.organiser_alerts import Concern, concerns, row_problem
from shared.bookings.staff_emails.organiser_digest import APART, Organiser, of_sessions
from shared.bookings.tables.deleted_sessions import orphaned
from shared.bookings.tables.session_register import SessionRegister
from shared.mail.immediate_sender import DirectMail
from shared.mail.ledger import MailLedger
from shared.mail.message import EmailMessage, MailStatus
from shared.mail.pause import MailPause
from shared.reminder_offsets import parse_offsets
from shared.tables.service_table import remembered
from shared.tables.table import RowConflictError, StorageError
from tests.builders import KEY, MORNING, POLICY, attendee, london, session
from tests.fakes import FAULTS, Crash, FakeMailSender, FakeTable, Fault, Trouble, breaking
from tests.unit.shared.bookings.booking_system import LETTERS, House, Wrap

ADDRESS = "organiser@example.nhs.uk"
OUTSIDER: dict[str, Any] = {"email": "ann@agency.example", "works_for_trust": True}
FIVE = timedelta(minutes=5)
TROUBLES = ("crash-before", "crash-after", "lost-request", "lost-answer", "throttled", "refused")


def plain(table: FakeTable) -> FakeTable:
    return table


class Post(FakeMailSender):
    """A mail service that, as the port says, refuses mails and not questions."""

    def status(self, operation_id: UUID) -> MailStatus | None:
        if self.trouble.get(self.requests) == "refused":
            del self.trouble[self.requests]
        return super().status(operation_id)


class Desk:
    """The organiser's mails over tables in memory. What is current is up to the test."""

    def __init__(self, *, service: FakeTable | None = None) -> None:
        self.service, self.pauses, self.log, self.index = service or FakeTable(), FakeTable(), FakeTable(), FakeTable()
        self.sender: FakeMailSender = Post(dedupes=False)
        self.now, self.sent_at = MORNING, list[datetime]()

    def tell(self, *texts: str, wrap: Wrap = plain) -> None:
        told = [Concern((text,), f"About {text}", f"<{text}>") for text in texts]
        try:
            self.organiser(wrap).tell(told, self.now)
        finally:
            self.sent_at += [self.now] * (len(self.sender.sent) - len(self.sent_at))

    def live(self, *texts: str, minutes: int) -> None:
        for _ in range(minutes // 5):
            self.now += FIVE
            with contextlib.suppress(Crash):
                self.tell(*texts)

    def organiser(self, wrap: Wrap = plain) -> Organiser:
        ledger, pause = MailLedger(wrap(self.log), wrap(self.index)), MailPause(wrap(self.pauses))
        mail = DirectMail(ledger=ledger, pause=pause, sender=self.sender)
        told = ToldRows(wrap(self.service))
        return Organiser(address=ADDRESS, key=KEY, told=told, mail=mail, letters=LETTERS, policy=POLICY)

    @property
    def told(self) -> list[str]:
        return [text for mail in self.sender.messages for text in re.findall(r"<([^>]+)>", mail.text)]

    def check_an_hour_apart(self) -> None:
        assert all(later - earlier >= APART for earlier, later in zip(self.sent_at, self.sent_at[1:], strict=False)), (
            self.sent_at
        )


class Office(House):
    """A house whose schedule also tells the organiser."""

    def tick(self) -> None:
        known = SessionRegister(self.service).known(remembered(self.service))
        rows = self.repository().session_rows()
        seen = self.schedule().run(remembered(self.service), self.now)
        found, complete = seen.looked, seen.complete
        assert complete
        self._send(self.schedule().released(found, self.now))
        desk = Desk(service=self.service)
        desk.log, desk.index, desk.sender = self.log, self.index, self.sender
        desk.organiser().run(rows, found, known, self.now)

    @property
    def heard(self) -> list[str]:
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
    office = Office(**cells)
    office.live(until=office.now + timedelta(hours=3))

    [text] = office.heard
    assert said in text
    assert "RowKey s1" in text


def test_a_problem_in_the_row_of_a_session_with_bookings_is_told_once_and_again_in_other_words() -> None:
    office = Office()
    office.book("ben")
    office.edit_session(Time="three")
    office.live(until=office.now + timedelta(hours=2))
    assert ['Time is "three"' in text for text in office.heard] == [True]

    office.edit_session(Time="half past three")
    office.live(until=office.now + timedelta(hours=2))
    assert ['Time is "half past three"' in text for text in office.heard] == [False, True]


def test_a_problem_that_comes_within_the_hour_is_told_after_it_if_it_is_still_there() -> None:
    office = Office(JoinUrl="")
    office.book("ben")
    office.at(london("2023-09-01 15:00"))
    office.tick()
    office.edit_session(Time="three")
    office.live(until=office.now + timedelta(minutes=30))
    office.edit_session(Minutes="long")
    office.live(until=office.now + timedelta(minutes=60))

    assert ["No joining link" in text for text in office.heard] == [True, False]
    assert 'Time is "three"' in office.heard[1]
    assert 'Minutes is "long"' in office.heard[1]


def test_a_problem_in_the_row_of_a_session_that_is_over_is_not_told() -> None:
    office = Office()
    office.book("ben")
    office.tick()
    office.at(london("2023-09-08 16:15"))
    office.edit_session(Time="three")
    office.tick()

    assert office.heard == []


def test_a_draft_with_bookings_and_two_rows_of_one_name_are_told() -> None:
    office = Office()
    office.book("ben")
    office.edit_session(State="draft")
    office.add_session(PartitionKey="other", State="draft")
    office.tick()

    [text] = office.heard
    assert "State is draft, but 1 have booked" in text
    assert "Two rows have this RowKey" in text


def test_a_place_held_for_somebody_to_be_checked_is_told_with_the_deadline_and_what_to_type() -> None:
    office = Office()
    reference = office.book("ann", **OUTSIDER).reference
    office.live(until=office.now + timedelta(hours=3))

    [text] = office.heard
    assert f"To check: Ann ({reference})" in text
    assert "until Tuesday 5 September 2023, 9am" in text
    assert f"PartitionKey s1 and Reference {reference}, change State to confirmed or cancelled" in " ".join(
        text.split()
    )


def test_a_row_without_an_address_that_can_be_mailed_is_told() -> None:
    office = Office()
    office.bookings.insert({"PartitionKey": "s1", "RowKey": "typed", "Name": "Cleo", "State": "confirmed"})
    office.tick()

    [text] = office.heard
    assert "Problem with the booking of Cleo (no reference)" in text
    assert "Email is not one address" in text
    assert "RowKey typed" in text


@pytest.mark.parametrize(
    ("share", "said"),
    [(True, "agreed that the facilitators see this"), (False, "wants only you to see this")],
)
def test_adjustments_are_told_on_the_next_run_with_who_may_see_them(said: str, *, share: bool) -> None:
    office = Office()
    office.book("ben", adjustments="Captions,\nplease", share_adjustments=share)
    office.tick()

    [text] = office.heard
    assert "    Captions,\n    please" in text
    assert f"has a place and {said}" in text


def test_adjustments_of_somebody_who_waits_are_told_again_when_they_get_a_place() -> None:
    office = Office(Capacity=1)
    office.book("ben")
    office.book("ann", adjustments="Captions", join_waiting_list=True)
    office.tick()
    office.pass_time(hours=1)
    office.cancel("ben")
    office.tick()

    assert ["waiting list" in text for text in office.heard] == [True, False]


@pytest.mark.parametrize(("clock", "heard"), [("2023-10-24 09:55", 0), ("2023-10-24 10:00", 1)])
def test_a_missing_joining_link_is_told_seven_days_before_by_the_clock(clock: str, heard: int) -> None:
    """The clocks go back in between: seven days are 169 hours."""
    office = Office(JoinUrl="", Date="2023-10-31", Time="10:00")
    office.at(london(clock))
    office.tick()

    assert ["No joining link: Tue 31 Oct, 10am, session s1" in text for text in office.heard] == [True] * heard


def test_a_joining_link_that_was_written_and_only_has_to_settle_is_no_concern() -> None:
    office = Office(JoinUrl="")
    office.book("ben")
    office.at(london("2023-09-01 14:55"))
    office.tick()
    office.edit_session(JoinUrl="https://teams.example/join/1")
    office.live(until=london("2023-09-01 15:05"))

    assert office.session_row().text("Notice") != ""
    assert office.heard == []


def test_a_deleted_row_is_told_at_once_and_truly_how_long_there_is_to_put_it_back() -> None:
    office = Office()
    office.book("ben")
    office.tick()
    office.sessions.rows.clear()
    office.live(until=office.now + timedelta(hours=3))

    [text] = office.heard
    said = " ".join(text.split())
    assert "1 person has booked" in said
    assert "one day after Friday 1 September 2023, 9:05am" in said
    [known] = SessionRegister(office.service).known(remembered(office.service)).values()
    for moment, state in (
        (london("2023-09-02 09:04"), SessionState.CLOSED),
        (london("2023-09-02 09:05"), SessionState.CANCELLED),
    ):
        found = orphaned(known, parse_offsets("P1D"), moment)
        assert found is not None
        assert found.state is state


def test_the_row_of_a_session_that_was_called_off_or_that_nobody_booked_can_be_deleted_without_a_word() -> None:
    office = Office()
    office.add_session(RowKey="s2")
    office.add_session(RowKey="s3")
    office.book("ben")
    office.book("cleo", "s3")
    office.tick()
    office.cancel("cleo", "s3")
    office.edit_session(State="cancelled")
    office.live(until=office.now + timedelta(hours=1))
    office.sessions.rows.clear()
    office.live(until=office.now + timedelta(hours=3))

    assert office.heard == []


def test_nothing_is_told_of_people_who_cancelled_nor_once_the_session_has_started() -> None:
    gone = attendee(state=AttendeeState.CANCELLED, adjustments="Captions", problem="Email is not one address.")
    here = attendee(key="booking-b", state=AttendeeState.TO_CHECK, adjustments="Captions", problem="Bounced.")
    roster = Roster((gone, here), "")
    starts = session().starts

    assert len(concerns(session(), roster, POLICY, starts - timedelta(minutes=1))) == 3
    assert concerns(session(), roster, POLICY, starts) == []


def test_of_a_cancelled_session_only_those_who_cannot_be_mailed_are_told() -> None:
    here = attendee(state=AttendeeState.TO_CHECK, needs_check=True, adjustments="Captions", problem="Bounced.")
    called_off = session(state=SessionState.CANCELLED, join_url="")
    found = concerns(called_off, Roster((here,), ""), POLICY, london("2023-09-07 09:00"))

    assert [concern.about[0] for concern in found] == ["attendee-problem"]


def test_a_session_that_cannot_be_made_sense_of_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    odd, sound = session(), session(id="s2")
    broken = replace(attendee(state=AttendeeState.TO_CHECK), booked_at=cast("datetime", "long ago"), needs_check=True)
    asked = attendee(adjustments="Captions")
    found = [LookedAfter(None, each, Roster((who,), ""), (), {}) for each, who in ((odd, broken), (sound, asked))]

    assert [concern.about[:2] for concern in of_sessions(found, {}, POLICY, MORNING)] == [("adjustments", "s2")]
    assert "session s1 could not be found" in caplog.text


def test_a_session_that_is_renamed_is_not_told_again() -> None:
    here = Roster((attendee(adjustments="Captions"),), "")
    before, after = (concerns(session(title=title), here, POLICY, MORNING) for title in ("One", "Two"))

    assert [each.about for each in before] == [each.about for each in after]


# One mail an hour.


def test_what_is_new_goes_at_once_and_the_rest_is_gathered_for_an_hour() -> None:
    desk = Desk()
    desk.tell("a")
    desk.now += FIVE
    desk.tell("a", "b")
    desk.live("a", "b", "c", minutes=50)
    assert desk.told == ["a"]

    desk.live("a", "b", "c", minutes=5)
    assert desk.told == ["a", "b", "c"]
    assert len(desk.sender.sent) == 2


def test_what_went_away_before_it_was_told_is_not_told() -> None:
    desk = Desk()
    desk.tell("a")
    desk.live("a", "b", minutes=30)
    desk.live("a", minutes=90)

    assert desk.told == ["a"]


def test_nothing_is_told_twice_however_long_it_lasts_or_comes_back() -> None:
    desk = Desk()
    desk.live("a", minutes=120)
    desk.live(minutes=60)
    desk.live("a", minutes=120)

    assert desk.told == ["a"]


def test_more_than_fits_into_one_mail_follows_in_the_next_and_says_so() -> None:
    desk = Desk()
    many = [f"{number:02}" for number in range(MOST_IN_ONE + 2)]
    desk.live(*many, minutes=180)

    assert sorted(desk.told) == many
    assert ["The rest follows" in mail.text for mail in desk.sender.messages] == [True, False]


def test_a_run_with_nothing_to_tell_costs_no_request_and_one_with_nothing_new_costs_one() -> None:
    desk = Desk()
    desk.tell()
    assert desk.service.calls == 0

    desk.tell("a")
    before = desk.service.calls, desk.log.calls, desk.index.calls
    desk.now += timedelta(days=1)
    desk.tell("a")
    assert (desk.service.calls, desk.log.calls, desk.index.calls) == (before[0] + 1, *before[1:])


def test_all_that_may_change_with_one_mail_fits_into_a_transaction() -> None:
    rows = ToldRows(FakeTable())
    batches = [[f"{batch}{number:02}" for number in range(MOST_IN_ONE)] for batch in "abc"]
    rows.begin(rows.read(), "one", MORNING)
    rows.fill("one", batches[0], batches[0], MORNING)
    rows.finish("one", told=True)
    later = MORNING + timedelta(days=181)
    rows.begin(rows.read(), "two", later)
    rows.fill("two", batches[1], [*batches[0], *batches[1]], later)
    rows.fill("two", batches[2], batches[2], later)

    assert sorted(rows.read().concerns) == batches[2]


def test_a_process_that_was_asleep_while_another_told_it_changes_nothing() -> None:
    rows = ToldRows(FakeTable())
    rows.begin(rows.read(), "one", MORNING)
    rows.fill("one", ["a"], ["a"], MORNING)
    rows.finish("one", told=True)
    rows.begin(rows.read(), "two", MORNING + APART)

    with pytest.raises(RowConflictError):
        rows.fill("one", ["b"], ["b"], MORNING + APART)
    with pytest.raises(RowConflictError):
        rows.finish("one", told=False)


def test_what_was_told_half_a_year_ago_and_is_over_is_forgotten() -> None:
    desk = Desk()
    desk.tell("a", "b")
    desk.now += timedelta(days=181)
    desk.tell("b", "c")
    assert len(desk.service.rows) == 3  # b, c and the last mail

    desk.live("b", "c", minutes=120)
    assert desk.told == ["a", "b", "c"]


# Whatever breaks.


def at_every_call(fault: Fault, mail_trouble: str = "") -> Iterable[tuple[int, Desk]]:
    """A desk for each call on the way of the first mail, with that call broken."""
    for at in range(100):
        desk, trouble = Desk(), Trouble(at, fault)
        desk.sender.trouble = {0: mail_trouble}
        with contextlib.suppress(Crash, StorageError):
            desk.tell("stays", "goes", wrap=breaking(trouble))
        if not trouble.struck:
            assert at >= 9, "reading, naming, claiming, indexing, filling, marking and finishing were broken"
            return
        yield at, desk
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_table_call_neither_doubles_nor_loses_what_is_told(fault: Fault) -> None:
    for at, desk in at_every_call(fault):
        desk.live("stays", "goes", "comes", minutes=180)

        assert sorted(desk.told) == ["comes", "goes", "stays"], f"call {at}"
        desk.check_an_hour_apart()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_the_way_of_a_mail_that_is_refused_neither_doubles_nor_loses_what_is_told(fault: Fault) -> None:
    for at, desk in at_every_call(fault, "refused"):
        desk.live("stays", "goes", "comes", minutes=240)

        assert sorted(desk.told) == ["comes", "goes", "stays"], f"call {at}"
        desk.check_an_hour_apart()


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_away_after_a_fault_and_comes_back_is_told_once(fault: Fault) -> None:
    for at, desk in at_every_call(fault):
        desk.live("stays", "comes", minutes=120)
        desk.live("stays", "goes", "comes", minutes=120)

        assert sorted(desk.told) == ["comes", "goes", "stays"], f"call {at}"
        desk.check_an_hour_apart()


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("number", [0, 1], ids=["sending", "asking"])
def test_a_fault_of_the_mail_service_neither_doubles_nor_loses_what_is_told(trouble: str, number: int) -> None:
    desk = Desk()
    desk.sender.trouble = {0: "crash-before", number: trouble}
    with contextlib.suppress(Crash):
        desk.tell("a")
    desk.live("a", "b", minutes=240)

    assert sorted(desk.told) == ["a", "b"]
    desk.check_an_hour_apart()


def test_two_processes_at_once_tell_it_once() -> None:
    desk = Desk()
    other = desk.organiser()
    begin = desk.organiser().told.begin
    organiser = desk.organiser()

    class Late(ToldRows):
        def begin(self, *args: Any) -> None:
            other.tell([row_problem("s1", "<a>")], desk.now)
            begin(*args)

    late = Organiser(
        address=ADDRESS, key=KEY, told=Late(desk.service), mail=organiser.mail, letters=LETTERS, policy=POLICY
    )
    late.tell([row_problem("s1", "<a>")], desk.now)

    assert desk.told == ["a"]


def test_a_mail_that_is_refused_is_told_anew_in_an_hour() -> None:
    desk = Desk()
    desk.sender.trouble = {0: "refused"}
    desk.tell("a")
    desk.live("a", minutes=55)
    assert desk.sender.requests == 1

    desk.live("a", minutes=5)
    assert desk.told == ["a"]


def test_a_mail_service_that_wants_peace_is_left_in_peace() -> None:
    desk = Desk()
    organiser = desk.organiser()
    organiser.mail.pause.begin(desk.now + FIVE)
    organiser.tell([row_problem("s1", "<a>")], desk.now)

    assert desk.log.rows == desk.service.rows == {}
    assert desk.sender.requests == 0


STEP = st.tuples(
    st.frozensets(st.sampled_from("abcdef")),
    st.integers(1, 16),  # of five minutes
    st.none() | st.tuples(st.integers(0, 12), st.sampled_from(FAULTS)),
    st.none() | st.sampled_from(TROUBLES),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(STEP, max_size=25))
def test_whatever_comes_goes_and_breaks_in_whatever_order_each_thing_is_told_once(steps: list[Any]) -> None:
    desk = Desk()
    for current, fives, fault, trouble in steps:
        desk.now += fives * FIVE
        desk.sender.trouble = {desk.sender.requests: trouble} if trouble else {}
        with contextlib.suppress(Crash, StorageError):
            desk.tell(*sorted(current), wrap=breaking(Trouble(*fault)) if fault else plain)
    desk.sender.trouble = {}
    desk.live(*"abcdef", minutes=180)

    assert sorted(desk.told) == list("abcdef")
    desk.check_an_hour_apart()


def test_noting_before_asking_loses_what_is_told() -> None:
    """The negative control: what a mail tells is noted too early, and what came meanwhile counts as told."""

    class Hasty(DirectMail):
        def deliver(self, *args: Any) -> Any:
            args[4]()
            return super().deliver(*args[:4])

    def hasty(desk: Desk) -> Organiser:
        proper = desk.organiser()
        mail = Hasty(ledger=proper.mail.ledger, pause=proper.mail.pause, sender=desk.sender)
        told = ToldRows(desk.service)
        return Organiser(address=ADDRESS, key=KEY, told=told, mail=mail, letters=LETTERS, policy=POLICY)

    desk = Desk()
    desk.sender.trouble = {0: "crash-after"}
    with pytest.raises(Crash):
        hasty(desk).tell([row_problem("s1", "<a>")], desk.now)
    for _ in range(40):
        desk.now += FIVE
        hasty(desk).tell([row_problem("s1", "<a>"), row_problem("s1", "<b>")], desk.now)

    assert desk.told == ["a"]


# What nobody else is to see, and how the mail reads.


def test_nothing_of_anybody_is_in_a_row_a_log_line_or_a_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    office = Office()
    office.book("zebedee", adjustments="Canary-captions", **OUTSIDER)
    office.tick()

    assert "Canary-captions" in office.heard[0]
    stored = everything([office.service, office.log, office.index])
    for canary in ("Canary", "Zebedee", "agency", "organiser@"):
        assert canary not in stored
        assert canary not in caplog.text


def written(desk: Desk) -> EmailMessage:
    [message] = desk.sender.messages
    return message


def test_the_mail_says_the_same_in_text_and_html_and_obeys_no_markup() -> None:
    desk = Desk()
    concern = Concern(("x",), "Adjustments: <b>Ann</b>", "Captions {{7*7}} & more")
    desk.organiser().tell([concern], desk.now)

    message = written(desk)
    assert message.to == ADDRESS
    assert "&lt;b&gt;Ann&lt;/b&gt;" in message.html
    for text in (message.text, unescape(message.html)):
        assert "<b>Ann</b>" in text
        assert "Captions {{7*7}} & more" in text


def test_the_subject_is_neutral() -> None:
    desk = Desk()
    desk.tell("trauma", "race")

    assert written(desk).subject == "Staff sessions, for the organiser: 2 to see to"


def test_a_concern_does_not_show_what_it_says_when_it_is_printed() -> None:
    assert "canary" not in repr(Concern(("canary",), "canary", "canary"))
