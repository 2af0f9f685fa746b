"""People, an administrator, the schedule, time and accidents in any order: what is promised stays true throughout."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from shared.bookings.emails.address_limit.counted import WITHIN
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee
from shared.bookings.model.errors import BookingError, BookingsBusyError
from shared.bookings.places.request import BookingResult
from shared.bookings.self_service.service import ActionResult
from shared.bookings.tables.repository import GUARD
from shared.references import submission_hash
from shared.tables.table import StorageError
from tests.builders import KEY, POLICY
from tests.fakes import InjectedFault
from tests.lives import LIVES
from tests.promises import WHATEVER_IS_TYPED, broken
from tests.unit.shared.bookings import invariants, late_edits
from tests.unit.shared.bookings.booking_system import LINKS
from tests.unit.shared.bookings.every_cell import Cell
from tests.unit.shared.bookings.faulty_booking_system import (
    PEOPLE,
    SESSIONS,
    ConcurrentAction,
    FaultyBookingHarness,
    Snapshot,
    link_of,
)
from tests.unit.shared.bookings.late_edits import LateEdit
from tests.unit.shared.bookings.outcome import outcome
from tests.unit.shared.bookings.random_events import CORRECTED_CELLS, HAND_EDITS, accidents, events, mornings
from tests.unit.shared.bookings.story import BY_NUMBER, Story, sentence

LONG_RUN = int(os.environ.get("ANY_ORDER_EXAMPLES", "0"))
"""Number of examples of a long run; without it a fixed few, the same every time."""

DRIVE = timedelta(hours=3, minutes=30)
"""The time from the start of a late edit's story to the session."""

PROFILE = settings(LIVES, max_examples=LONG_RUN or 30, stateful_step_count=20, derandomize=not LONG_RUN)
UNTIL_FOUND = settings(PROFILE, max_examples=2_000)
"""For a mistake that is to be found: what is drawn depends on what else this process has imported."""

AT_NIGHT = settings(PROFILE, max_examples=LONG_RUN or 500, stateful_step_count=30, derandomize=False)
SEEDS = range(1, 11)
"""Of 500 lives each at night: 5,000."""


class BookingStateMachine(RuleBasedStateMachine):
    """One rule for everything, so that all of it happens in one life; an accident is what comes in between."""

    harness: FaultyBookingHarness

    @initialize(
        now=mornings,
        places=st.integers(1, 2),
        ahead=st.lists(st.integers(1, 5), min_size=3, max_size=3),
        waiting=st.sampled_from([1, 3]),
    )
    def start(self, now: datetime, places: int, ahead: list[int], waiting: int) -> None:
        times = ("15:00", "03:00", "11:00")
        cells = {
            session_id: {"Date": _day(now, ahead[number]), "Time": times[number], "Capacity": places}
            for number, session_id in enumerate(SESSIONS)
        }
        self.harness = FaultyBookingHarness(now, cells)
        self.harness.policy = replace(POLICY, waiting_list_factor=waiting)
        self.story = Story()
        self.story.begin(now, places, {each: f"on {cells[each]['Date']} at {cells[each]['Time']}" for each in SESSIONS})
        self.accident: tuple[Any, ...] = ()
        self.edited: set[str] = set()
        self.links: list[str] = []
        self.opened: list[dict[str, Any]] = []
        self.forms: list[tuple[str, str, dict[str, Any]]] = []

    @rule(event=events, accident=accidents)
    def happens(self, event: tuple[str, tuple[Any, ...]], accident: Any) -> None:
        self.accident = accident
        self.story.sentences.append(sentence(*event, self._whom(event), accident))
        with self.story.told():
            getattr(self, event[0].replace(" ", "_"))(*event[1])

    # People.

    def book(self, name: str, session_id: str, waits: bool) -> None:
        wanted = {"works_here": True, "join_waiting_list": waits, "submission_id": f"form-{len(self.forms):022}"}
        self.forms.append((name, session_id, wanted))
        self._book(name, session_id, wanted)

    def book_without_an_id(self, name: str, session_id: str) -> None:
        self._book(name, session_id, {"works_here": True, "join_waiting_list": True})

    def ask_everywhere(self, name: str) -> None:
        """Asks for every session, and asks again: more than an address may be sent in a day."""
        for session_id in (*SESSIONS, *SESSIONS):
            self._book(name, session_id, {"works_here": True, "join_waiting_list": True})

    def send_the_same_form_again(self, number: int) -> None:
        if not self.forms:
            return
        name, session_id, wanted = self.forms[-1 - number % len(self.forms)]
        before = self.harness.snapshot()
        hashed = submission_hash(KEY, wanted["submission_id"])
        mine = [each for where, each in before.live if where == session_id and each.submission.startswith(hashed)]
        result = self._book(name, session_id, wanted)
        if mine and not self.accident and before.session(session_id) is not None:
            assert isinstance(result, BookingResult), "a row that its own form does not find"
            assert result.reference == mine[0].reference

    def cancel(self, number: int) -> None:
        if (found := self._someone(number)) is not None:
            self._cancel(link_of(*found))

    def cancel_by_an_old_link(self, number: int) -> None:
        if self.links:
            self._cancel(self.links[number % len(self.links)])

    def move(self, number: int, to: str) -> None:
        found = self._someone(number)
        if found is None or found[0] == to:
            return
        (session_id, attendee), before = found, self.harness.snapshot()
        result = self._step(lambda: self.harness.move_by(link_of(session_id, attendee), to))
        after = self.harness.snapshot()
        here, there = after.rosters[session_id].find(attendee.key), after.person(to, attendee.email)
        if self._alone and isinstance(result, ActionResult) and result.moved_to:
            assert there is not None
            assert there.holds_a_place, "moved to no place"
            assert here is None or not here.is_live, "two places after a move"
        if self._alone and _is_refused(result):
            assert _people(before) == _people(after), "something changed by not moving"

    def prove(self, number: int) -> None:
        """Presses the button; whoever is there or not, and whether it is the first time or not."""
        if (found := self._someone(number)) is None:
            return
        result = self._step(lambda: self.harness.prove_by(link_of(*found)))
        mine = self.harness.snapshot().rosters[found[0]].find(found[1].key)
        if self._alone and isinstance(result, ActionResult):
            assert mine is not None
            assert not mine.is_unproven, "the button was pressed, and proved nothing"

    def report(self, number: int, status: str) -> None:
        """The email service reports what became of one of the last emails."""
        sent = self.harness.recorder.sent
        if sent:
            operation, _ = sent[-1 - number % len(sent)]
            self._report(operation, status)

    def all_comes_back(self) -> None:
        """The email service reports that what it got within the hour came back: to whomever, as in an outage."""
        now = self.harness.now
        recent = [each.at for each in self.harness.recorder.sent_mails if now - each.at <= timedelta(hours=1)]
        for operation, _ in self.harness.recorder.sent[len(self.harness.recorder.sent) - len(recent) :]:
            self._report(operation, "Bounced")

    def remind(self, number: int, on: bool) -> None:
        if (found := self._someone(number)) is not None:
            self._step(lambda: self.harness.self_service().set_reminders(link_of(*found), on=on, now=self.harness.now))

    # An administrator.

    def edit_a_session(self, session_id: str, cells: dict[str, Any]) -> None:
        self.harness.type_session(session_id, **cells)

    def move_a_session(self, session_id: str, days: int) -> None:
        self.harness.type_session(session_id, Date=_day(self.harness.now, days))

    def edit_late(self, name: str, before: int, edit: LateEdit) -> None:
        """Types an edit that many minutes before the next start that someone booked, with a timer that runs."""
        self.accident = ()
        view = self.harness.snapshot()
        ahead = [each for each in map(view.session, SESSIONS) if each and each.takes_bookings(view.now + DRIVE)]
        if not ahead:
            return
        session = min(ahead, key=lambda each: each.starts)
        self._book(name, session.id, {"works_here": True, "join_waiting_list": True})
        self.harness.type_session(session.id, HoldEmails="")
        drive = late_edits.start(self.harness, session.id, before, tick=lambda: self.tick(0))
        if drive is not None:
            late_edits.type_and_check(self.harness, drive, edit, tick=lambda: self.tick(0))

    def mistype(self, session_id: str, cells: dict[str, Any]) -> None:
        if "Announced" in cells:
            self.harness.run_schedule()  # as below
        self.harness.type_session(session_id, **cells)

    def mend(self, session_id: str, days: int) -> None:
        self.harness.type_session(session_id, Date=_day(self.harness.now, days), Time="15:00", **CORRECTED_CELLS)

    def delete_a_session(self, session_id: str) -> None:
        self.harness.run_schedule()  # which takes note of who has booked; it does within five minutes
        if not self._was_over_unseen(session_id):
            self.harness.delete_session(session_id)

    def put_a_session_back(self, session_id: str, days: int) -> None:
        self.harness.put_back(session_id, Date=_day(self.harness.now, days), Capacity=2)

    def edit_an_attendee(self, number: int, cells: dict[str, Any]) -> None:
        self._type(number, cells)

    def type_into_a_session(self, session_id: str, cells: dict[str, Cell]) -> None:
        self.mistype(session_id, cells)

    def type_into_a_booking(self, number: int, cells: dict[str, Cell]) -> None:
        self._type(number, cells)

    def type_into_a_guard(self, session_id: str, cells: dict[str, Cell]) -> None:
        bookings = self.harness.real_tables["bookings"]
        if (row := bookings.rows.get((session_id, GUARD))) is not None:
            bookings.put({**row.cells, **cells})
        self.harness.time.seconds += 10

    def open_a_row(self, number: int) -> None:
        if (found := self._someone(number)) is not None:
            self.opened.append(dict(self.harness.real_tables["bookings"].rows[(found[0], found[1].key)].cells))

    def save_a_row_as_it_was_opened(self, number: int) -> None:
        if self.opened:
            cells = self.opened[number % len(self.opened)]
            if (cells["PartitionKey"], cells["RowKey"]) in self.harness.real_tables["bookings"].rows:
                self.edited.add(str(cells.get("Email", "")))
                self.harness.real_tables["bookings"].put(cells)
            self.harness.time.seconds += 10

    def delete_an_attendee(self, number: int) -> None:
        if (found := self._someone(number)) is not None:
            self.edited.add(found[1].email)
            self.harness.real_tables["bookings"].delete(found[0], found[1].key)
            self.harness.time.seconds += 10

    def add_an_attendee(self, session_id: str, name: str, state: str, number: int) -> None:
        self.edited.add(PEOPLE[name])
        cells = {"PartitionKey": session_id, "RowKey": f"by hand {number}", "Name": name, "Email": PEOPLE[name]}
        with contextlib.suppress(StorageError):
            self.harness.real_tables["bookings"].insert(cells | ({"State": state} if state else {}))
        self.harness.time.seconds += 10

    # The schedule and time.

    def the_clock_jumps(self, hours: int, runs: int) -> None:
        """Some runs of the timer have a wrong clock, which storage has not; the next has the right one again."""
        for _ in range(runs):
            with self.harness.wrong_clock(timedelta(hours=hours)):
                self._step(self.harness.run_schedule)
            self.harness.pass_time(minutes=5)

    def tick(self, minutes: int) -> None:
        self.harness.pass_time(minutes=minutes)
        before = self.harness.snapshot()
        complete = self._step(self.harness.run_schedule)
        if not self.accident:
            assert complete is True, "a run without a fault was not whole"
            invariants.check_no_place_is_free(before, self.harness.snapshot())
            invariants.check_nobody_waits_for_someone_unproven(before, self.harness.snapshot())
            invariants.check_no_reminder_is_given_up(self.harness, self.harness.snapshot())

    def time_passes(self, hours: int) -> None:
        self.harness.pass_time(hours=hours)

    def it_is_nearly_time(self, session_id: str, before: int) -> None:
        session = self.harness.snapshot().session(session_id)
        if session is not None and session.starts.year < 2100:
            moment = session.starts - timedelta(minutes=before)
            if moment > self.harness.now:
                self.harness.at(moment)
                self.tick(0)

    def teardown(self) -> None:
        if hasattr(self, "harness") and not self.story.is_over:
            with self.story.told():
                self._come_to_an_end()

    def _come_to_an_end(self) -> None:
        self.story.sentences.append("all settles: the timer runs every five minutes")
        self.accident = ()
        for session_id in SESSIONS:
            self.harness.type_session(session_id, HoldEmails="")
        self.harness.pass_time(hours=1)  # what was refused again and again waits as long
        for _ in range(9):
            self.tick(5)
        invariants.check_no_email_is_outstanding(self.harness, self.harness.snapshot())
        self._check_that_nobody_waits_on()
        assert broken(outcome(self.harness), WHATEVER_IS_TYPED) == []

    def _check_that_nobody_waits_on(self) -> None:
        """What waits for the limit of an address has gone soon after a day, or is no longer due."""
        if waited := self.harness.waiting():
            self.harness.pass_time(seconds=WITHIN.total_seconds())
            for _ in range(4):
                self.tick(5)
            assert not waited & self.harness.waiting(), "an email waits for ever"

    def _was_over_unseen(self, session_id: str) -> bool:
        """True if people booked it and no run came before its end: then nothing remembers what they were told."""
        people = any(where == session_id for where, _ in self.harness.snapshot().live)
        return people and ("service", f"session-{session_id}") not in self.harness.real_tables["service"].rows

    # How a step is taken.

    def _report(self, operation: UUID, status: str) -> None:
        self._step(lambda: self.harness.mailer().record_report(str(operation), status, self.harness.now))

    def _step[T](self, act: Callable[[], T]) -> T | Exception | None:
        """Does it, and checks what is always promised; None where the process died."""
        before, sent = self.harness.snapshot(), len(self.harness.recorder.sent_mails)
        self.harness.time.seconds += 0.01  # no two people arrive at the very same time
        result: T | Exception | None = None
        of_mail = self.accident[1:] if self.accident[:1] == ("mail",) else None
        with self.harness.with_faults(self._trouble(), of_mail):
            try:
                result = act()
            except (BookingError, StorageError) as error:
                result = error
        assert self.accident or not isinstance(result, (StorageError, BookingsBusyError)), "nothing was wrong"
        self._check(before, self.harness.recorder.sent_mails[sent:], alone=self._alone)
        return result

    def _check(self, before: Snapshot, new: list[Any], *, alone: bool) -> None:
        invariants.check_once(self.harness)
        invariants.check_limit(self.harness, new)
        invariants.check_reminders(self.harness, new, self.edited)
        if alone:
            after = self.harness.snapshot()
            invariants.check_places(before, after)
            invariants.check_unproven(before, after)
            invariants.check_one_each(before, after)
            invariants.check_queue(before, after)
            invariants.check_list_limit(before, after, self.harness.policy)
            invariants.check_who_came_back(self.harness, before, after)
            invariants.check_true_when_sent(new)
            invariants.check_no_reminder_after_news(self.harness, new)

    def _trouble(self) -> InjectedFault | None:
        match self.accident:
            case ("table", at, fault):
                return InjectedFault(at, fault)
            case ("meanwhile", at, what, number):
                return ConcurrentAction(at, "lost-request", act=lambda: self._meanwhile(what, number))
            case _:
                return None

    def _meanwhile(self, what: str, number: int) -> None:
        harness, session_id, found = self.harness, SESSIONS[number % 3], self._someone(number)
        with harness.in_another_process():
            match what:
                case "book":
                    name = sorted(PEOPLE)[number % 4]
                    self._ask(name, session_id, {"works_here": True, "join_waiting_list": True})
                case "cancel" if found:
                    harness.cancel_by(link_of(*found))
                case "move" if found:
                    harness.move_by(link_of(*found), session_id)
                case "tick":
                    harness.run_schedule()
                case "places":
                    harness.type_session(session_id, Capacity=number % 4)
                case "call off":
                    harness.type_session(session_id, State="cancelled")
                case "time":
                    harness.type_session(session_id, Time=f"{10 + number}:00")
                case "type":
                    self._type(number, HAND_EDITS[number % 4])
                case _:
                    pass

    @property
    def _alone(self) -> bool:
        return self.accident[:1] != ("meanwhile",)

    def _whom(self, event: tuple[str, tuple[Any, ...]]) -> str:
        """The booking that the number of an event chooses, in words."""
        found = self._someone(event[1][0]) if event[0] in BY_NUMBER else None
        return f"{found[1].name[:20]}'s booking of {found[0]}" if found else "no booking"

    def _someone(self, number: int) -> tuple[str, Attendee] | None:
        live = self.harness.snapshot().live
        return live[number % len(live)] if live else None

    def _type(self, number: int, cells: dict[str, Any]) -> None:
        if (found := self._someone(number)) is not None:
            self.edited |= {found[1].email, str(cells.get("Email", ""))}
            self.harness.type_attendee(*found, **cells)

    def _ask(self, name: str, session_id: str, wanted: dict[str, Any]) -> BookingResult:
        return self.harness.book(name, session_id, email=PEOPLE[name], **wanted)

    def _book(self, name: str, session_id: str, wanted: dict[str, Any]) -> BookingResult | Exception | None:
        before = self.harness.snapshot()
        result = self._step(lambda: self._ask(name, session_id, wanted))
        if self._alone and isinstance(result, BookingResult):
            self._check_thanks(before.person(session_id, PEOPLE[name]), session_id, name, result)
        if self._alone and _is_refused(result):
            assert _people(before) == _people(self.harness.snapshot()), "an error for a row that was written"
        return result

    def _check_thanks(self, had: Attendee | None, session_id: str, name: str, booked: BookingResult) -> None:
        mine = self.harness.snapshot().person(session_id, PEOPLE[name])
        assert mine is not None, "thanks without a row"
        assert mine.is_live, "thanks without a row"
        self.links.append(link_of(session_id, mine))
        if had is None or not had.is_live:
            assert (mine.state, mine.reference) == (booked.state, booked.reference)

    def _cancel(self, link: str) -> None:
        result = self._step(lambda: self.harness.cancel_by(link))
        session_id, key, _ = LINKS.decode(link)
        if self._alone and isinstance(result, ActionResult):
            mine = self.harness.snapshot().rosters[session_id].find(key)
            assert mine is not None
            assert not mine.is_live, "cancelled, and still there"


def _day(now: datetime, days: int) -> str:
    return f"{now + timedelta(days=days):%Y-%m-%d}"


def _is_refused(result: object) -> bool:
    return isinstance(result, BookingError) and not isinstance(result, BookingsBusyError)


def _people(view: Snapshot) -> list[tuple[str, str, str, int]]:
    rosters = view.rosters.items()
    return [
        (where, each.key, str(each.state), each.generation) for where, roster in rosters for each in roster.attendees
    ]


@pytest.mark.parametrize(
    ("profile", "number"),
    [(PROFILE, 0), *(pytest.param(AT_NIGHT, each, marks=pytest.mark.nightly) for each in SEEDS)],
    ids=["30 lives", *(f"500 lives of seed {each}" for each in SEEDS)],
)
def test_invariants_hold_in_any_order_of_events(profile: settings, number: int) -> None:
    run_state_machine_as_test(seed(number)(BookingStateMachine), settings=profile)


def one_place_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    right = AllocationPolicy.places_for_newcomer
    monkeypatch.setattr(AllocationPolicy, "places_for_newcomer", lambda *known: right(*known) + 1)


MISTAKES = [(one_place_too_many, "places in s")]


@pytest.mark.parametrize(("mistake", "promise"), MISTAKES)
def test_a_deliberate_mistake_breaks_a_promise_and_its_life_is_told(
    mistake: Callable[[pytest.MonkeyPatch], None], promise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mistake(monkeypatch)
    with pytest.raises(AssertionError, match=promise) as found:
        run_state_machine_as_test(BookingStateMachine, settings=settings(UNTIL_FOUND, phases=[Phase.generate]))

    [told] = [each for each in found.value.__notes__ if each.startswith("The life in which it happened:\n  1. it is ")]
    assert len(told.splitlines()) > 2


@pytest.mark.parametrize(
    ("phases", "sentences"),
    [
        ([Phase.generate], 20),
        pytest.param([Phase.generate, Phase.shrink], 3, marks=pytest.mark.nightly, id="the shortest"),
    ],
)
def test_the_life_that_is_told_is_as_short_as_it_can_be(
    phases: list[Phase], sentences: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_place_too_many(monkeypatch)
    short = settings(UNTIL_FOUND, phases=phases, stateful_step_count=5)
    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(BookingStateMachine, settings=short)

    [told] = [each for each in found.value.__notes__ if each.startswith("The life")]
    assert len(told.splitlines()) - 1 <= sentences
    if sentences == 3:
        assert told.endswith("\n  2. Ann books s1, or waits\n  3. Ben books s1, or waits")
