"""People, an administrator, the schedule, time and accidents in any order: what is promised stays true throughout."""

import contextlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from shared.bookings.model.attendee import Attendee
from shared.bookings.model.errors import BookingError, BookingsBusyError
from shared.bookings.places.request import Booked
from shared.bookings.self_service.service import Done
from shared.references import same_submission
from shared.tables.table import StorageError
from tests.builders import KEY
from tests.fakes import Trouble
from tests.unit.shared.bookings import invariants
from tests.unit.shared.bookings.booking_system import LINKS
from tests.unit.shared.bookings.faulty_booking_system import PEOPLE, SESSIONS, AnyOrderHouse, Meanwhile, View, link_of
from tests.unit.shared.bookings.random_events import MENDED, TYPED, accidents, events, mornings

LONG_RUN = int(os.environ.get("ANY_ORDER_EXAMPLES", "0"))
"""How many examples a long run takes; without it a fixed few, the same every time."""

PROFILE = settings(
    max_examples=LONG_RUN or 60,
    stateful_step_count=30,
    derandomize=not LONG_RUN,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class AnyOrder(RuleBasedStateMachine):
    """One rule for everything, so that all of it happens in one life; an accident is what comes in between."""

    house: AnyOrderHouse

    @initialize(now=mornings, places=st.integers(1, 2), ahead=st.lists(st.integers(1, 5), min_size=3, max_size=3))
    def open_the_house(self, now: datetime, places: int, ahead: list[int]) -> None:
        times = ("15:00", "03:00", "11:00")
        cells = {
            session_id: {"Date": _day(now, ahead[number]), "Time": times[number], "Capacity": places}
            for number, session_id in enumerate(SESSIONS)
        }
        self.house = AnyOrderHouse(now, cells)
        self.accident: tuple[Any, ...] = ()
        self.edited: set[str] = set()
        self.links: list[str] = []
        self.forms: list[tuple[str, str, dict[str, Any]]] = []

    @rule(event=events, accident=accidents)
    def happens(self, event: tuple[str, tuple[Any, ...]], accident: Any) -> None:
        self.accident = accident
        getattr(self, event[0].replace(" ", "_"))(*event[1])

    # People.

    def book(self, name: str, session_id: str, waits: bool) -> None:
        wanted = {"works_for_trust": True, "join_waiting_list": waits, "submission_id": f"form-{len(self.forms):022}"}
        self.forms.append((name, session_id, wanted))
        self._book(name, session_id, wanted)

    def book_without_an_id(self, name: str, session_id: str) -> None:
        self._book(name, session_id, {"works_for_trust": True, "join_waiting_list": True})

    def send_the_same_form_again(self, number: int) -> None:
        if not self.forms:
            return
        name, session_id, wanted = self.forms[-1 - number % len(self.forms)]
        before = self.house.view()
        hashed = same_submission(KEY, wanted["submission_id"])
        mine = [each for where, each in before.live if where == session_id and each.submission.startswith(hashed)]
        result = self._book(name, session_id, wanted)
        if mine and not self.accident and before.session(session_id) is not None:
            assert isinstance(result, Booked), "a row that its own form does not find"
            assert result.reference == mine[0].reference

    def cancel(self, number: int) -> None:
        if (found := self._somebody(number)) is not None:
            self._cancel(link_of(*found))

    def cancel_by_an_old_link(self, number: int) -> None:
        if self.links:
            self._cancel(self.links[number % len(self.links)])

    def move(self, number: int, to: str) -> None:
        found = self._somebody(number)
        if found is None or found[0] == to:
            return
        (session_id, attendee), before = found, self.house.view()
        result = self._step(lambda: self.house.move_by(link_of(session_id, attendee), to))
        after = self.house.view()
        here, there = after.rosters[session_id].find(attendee.key), after.person(to, attendee.email)
        if self._alone and isinstance(result, Done) and result.moved_to:
            assert there is not None
            assert there.holds_a_place, "moved to no place"
            assert here is None or not here.is_live, "two places after a move"
        if self._alone and _is_refused(result):
            assert _people(before) == _people(after), "something changed by not moving"

    def remind(self, number: int, on: bool) -> None:
        if (found := self._somebody(number)) is not None:
            self._step(lambda: self.house.managing().remind(link_of(*found), on=on, now=self.house.now))

    # An administrator.

    def edit_a_session(self, session_id: str, cells: dict[str, Any]) -> None:
        self.house.type_session(session_id, **cells)

    def move_a_session(self, session_id: str, days: int) -> None:
        self.house.type_session(session_id, Date=_day(self.house.now, days))

    def mistype(self, session_id: str, cells: dict[str, Any]) -> None:
        if "Announced" in cells:
            self.house.run_schedule()  # as below
        self.house.type_session(session_id, **cells)

    def mend(self, session_id: str, days: int) -> None:
        self.house.type_session(session_id, Date=_day(self.house.now, days), Time="15:00", **MENDED)

    def delete_a_session(self, session_id: str) -> None:
        self.house.run_schedule()  # which takes note of who has booked; it does within five minutes
        if not self._was_over_unseen(session_id):
            self.house.delete_session(session_id)

    def put_a_session_back(self, session_id: str, days: int) -> None:
        self.house.put_back(session_id, Date=_day(self.house.now, days), Capacity=2)

    def edit_an_attendee(self, number: int, cells: dict[str, Any]) -> None:
        self._type(number, cells)

    def delete_an_attendee(self, number: int) -> None:
        if (found := self._somebody(number)) is not None:
            self.edited.add(found[1].email)
            self.house.paper["bookings"].delete(found[0], found[1].key)
            self.house.time.seconds += 10

    def add_an_attendee(self, session_id: str, name: str, state: str, number: int) -> None:
        self.edited.add(PEOPLE[name])
        cells = {"PartitionKey": session_id, "RowKey": f"by hand {number}", "Name": name, "Email": PEOPLE[name]}
        with contextlib.suppress(StorageError):
            self.house.paper["bookings"].insert(cells | ({"State": state} if state else {}))
        self.house.time.seconds += 10

    # The schedule and time.

    def tick(self, minutes: int) -> None:
        self.house.pass_time(minutes=minutes)
        before = self.house.view()
        complete = self._step(self.house.run_schedule)
        if not self.accident:
            assert complete is True, "a run without a fault was not whole"
            invariants.check_no_place_is_free(before, self.house.view())

    def time_passes(self, hours: int) -> None:
        self.house.pass_time(hours=hours)

    def it_is_nearly_time(self, session_id: str, before: int) -> None:
        session = self.house.view().session(session_id)
        if session is not None and session.starts.year < 2100:
            moment = session.starts - timedelta(minutes=before)
            if moment > self.house.now:
                self.house.at(moment)
                self.tick(0)

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.accident = ()
            self.house.pass_time(hours=1)  # what was refused again and again waits as long
            for _ in range(9):
                self.tick(5)
            invariants.check_nothing_is_owed(self.house, self.house.view())

    def _was_over_unseen(self, session_id: str) -> bool:
        """Whether people booked it and no run came before its end: then nothing remembers what they were told."""
        people = any(where == session_id for where, _ in self.house.view().live)
        return people and ("service", f"session-{session_id}") not in self.house.paper["service"].rows

    # How a step is taken.

    def _step[T](self, act: Callable[[], T]) -> T | Exception | None:
        """Does it, and checks what is always promised; None where the process died."""
        before, sent = self.house.view(), len(self.house.postbox.letters)
        self.house.time.seconds += 0.01  # no two people arrive at the very same time
        result: T | Exception | None = None
        of_mail = self.accident[1:] if self.accident[:1] == ("mail",) else None
        with self.house.going_wrong(self._trouble(), of_mail):
            try:
                result = act()
            except (BookingError, StorageError) as error:
                result = error
        assert self.accident or not isinstance(result, (StorageError, BookingsBusyError)), "nothing was wrong"
        self._check(before, self.house.postbox.letters[sent:], alone=self._alone)
        return result

    def _check(self, before: View, new: list[Any], *, alone: bool) -> None:
        invariants.check_once(self.house)
        invariants.check_reminders(self.house, new, self.edited)
        if alone:
            after = self.house.view()
            invariants.check_places(before, after)
            invariants.check_one_each(before, after)
            invariants.check_queue(before, after)
            invariants.check_true_when_sent(new)

    def _trouble(self) -> Trouble | None:
        match self.accident:
            case ("table", at, fault):
                return Trouble(at, fault)
            case ("meanwhile", at, what, number):
                return Meanwhile(at, "lost-request", act=lambda: self._meanwhile(what, number))
            case _:
                return None

    def _meanwhile(self, what: str, number: int) -> None:
        house, session_id, found = self.house, SESSIONS[number % 3], self._somebody(number)
        with house.elsewhere():
            match what:
                case "book":
                    name = sorted(PEOPLE)[number % 4]
                    self._ask(name, session_id, {"works_for_trust": True, "join_waiting_list": True})
                case "cancel" if found:
                    house.cancel_by(link_of(*found))
                case "tick":
                    house.run_schedule()
                case "places":
                    house.type_session(session_id, Capacity=number % 4)
                case "call off":
                    house.type_session(session_id, State="cancelled")
                case "time":
                    house.type_session(session_id, Time=f"{10 + number}:00")
                case "type":
                    self._type(number, TYPED[number % 4])
                case _:
                    pass

    @property
    def _alone(self) -> bool:
        return self.accident[:1] != ("meanwhile",)

    def _somebody(self, number: int) -> tuple[str, Attendee] | None:
        live = self.house.view().live
        return live[number % len(live)] if live else None

    def _type(self, number: int, cells: dict[str, Any]) -> None:
        if (found := self._somebody(number)) is not None:
            self.edited |= {found[1].email, cells.get("Email", "")}
            self.house.type_attendee(*found, **cells)

    def _ask(self, name: str, session_id: str, wanted: dict[str, Any]) -> Booked:
        return self.house.book(name, session_id, email=PEOPLE[name], **wanted)

    def _book(self, name: str, session_id: str, wanted: dict[str, Any]) -> Booked | Exception | None:
        before = self.house.view()
        result = self._step(lambda: self._ask(name, session_id, wanted))
        if self._alone and isinstance(result, Booked):
            self._check_thanks(before.person(session_id, PEOPLE[name]), session_id, name, result)
        if self._alone and _is_refused(result):
            assert _people(before) == _people(self.house.view()), "an error for a row that was written"
        return result

    def _check_thanks(self, had: Attendee | None, session_id: str, name: str, booked: Booked) -> None:
        mine = self.house.view().person(session_id, PEOPLE[name])
        assert mine is not None, "thanks without a row"
        assert mine.is_live, "thanks without a row"
        self.links.append(link_of(session_id, mine))
        if had is None or not had.is_live:
            assert (mine.state, mine.reference) == (booked.state, booked.reference)

    def _cancel(self, link: str) -> None:
        result = self._step(lambda: self.house.cancel_by(link))
        session_id, key, _ = LINKS.opened(link)
        if self._alone and isinstance(result, Done):
            mine = self.house.view().rosters[session_id].find(key)
            assert mine is not None
            assert not mine.is_live, "cancelled, and still there"


def _day(now: datetime, days: int) -> str:
    return f"{now + timedelta(days=days):%Y-%m-%d}"


def _is_refused(result: object) -> bool:
    return isinstance(result, BookingError) and not isinstance(result, BookingsBusyError)


def _people(view: View) -> list[tuple[str, str, str, int]]:
    rosters = view.rosters.items()
    return [
        (where, each.key, str(each.state), each.generation) for where, roster in rosters for each in roster.attendees
    ]


def test_whatever_happens_in_any_order_the_promises_are_kept() -> None:
    run_state_machine_as_test(AnyOrder, settings=PROFILE)
