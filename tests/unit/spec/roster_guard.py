"""The relation `Next` of spec/roster_guard.tla in Python: each step around one session, with its name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations

NOBODY = -1
GUARD = -2
SESSION = -3


@dataclass(frozen=True, slots=True)
class Act:
    """What one process knows: the roster as it was read, its plan, and the rows that have not changed since.

    `places` is the capacity that the timer read before the roster.
    """

    step: str = "idle"
    held: int = 0
    first: int = NOBODY
    places: int = 0
    what: str = ""
    whom: int = NOBODY
    read: int = 0
    fresh: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Roster:
    """One state of the model. The last act is the timer's, the others are those of the people, by number."""

    acts: tuple[Act, ...]
    states: tuple[str, ...]
    capacity: int
    waiting_since: tuple[int, ...]
    overbooked: bool = False
    passed: bool = False
    left: frozenset[int] = frozenset()
    edits: int = 0

    @property
    def held(self) -> int:
        return self.states.count("confirmed")

    @property
    def first(self) -> int:
        waiting = [number for number, state in enumerate(self.states) if state == "waiting"]
        return min(waiting, key=self.waiting_since.__getitem__, default=NOBODY)


type Step = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterGuardModel:
    """The constants of the model. It begins with one capacity; `beginnings` has one of it for each."""

    people: int = 3
    capacity: int = 2
    capacities: tuple[int, ...] = (1, 2)
    most_at_once: int = 2
    max_edits: int = 0

    def beginnings(self) -> tuple["RosterGuardModel", ...]:
        return tuple(replace(self, capacity=each) for each in self.capacities)

    def first(self) -> Roster:
        acts = tuple(Act() for _ in range(self.people + 1))
        return Roster(acts, ("",) * self.people, self.capacity, (0,) * self.people)

    def next(self, roster: Roster) -> Iterator[tuple[Step, Roster]]:
        for number, act in enumerate(roster.acts):
            match act.step:
                case "idle" if self._may_look(roster, number):
                    yield ("Look", number), _with(roster, number, self._looked(roster, number))
                case "looked":
                    yield ("Decide", number), self._decided(roster, number, act)
                case "decided":
                    yield ("Write", number), self._written(roster, number, act)
            if act.step != "idle" and roster.edits < self.max_edits:
                yield ("Crash", number), replace(_with(roster, number, Act()), edits=roster.edits + 1)
        for capacity in self.capacities if roster.edits < self.max_edits else ():
            if capacity != roster.capacity:
                acts = _touched(roster.acts, {SESSION})
                edited = replace(roster, acts=acts, capacity=capacity, edits=roster.edits + 1)
                yield (f"Edit-{capacity}", NOBODY), edited

    def _may_look(self, roster: Roster, number: int) -> bool:
        if sum(act.step != "idle" for act in roster.acts) >= self.most_at_once:
            return False
        return "waiting" in roster.states if number == self.people else roster.states[number] != "cancelled"

    def _looked(self, roster: Roster, number: int) -> Act:
        rows = frozenset((*range(self.people), GUARD))
        if number < self.people:
            return Act("looked", roster.held, roster.first, fresh=rows)
        return Act("looked", roster.held, roster.first, roster.capacity, fresh=rows | {SESSION})

    def _plan(self, roster: Roster, number: int, act: Act) -> tuple[str, int]:
        if number == self.people:
            gives = act.held < act.places and act.first != NOBODY and SESSION in act.fresh
            return ("promote", act.first) if gives else ("", NOBODY)
        match roster.states[number]:
            case "":
                has_place = act.held < roster.capacity and act.first == NOBODY
                return ("confirm", number) if has_place else ("wait", NOBODY)
            case "waiting":
                return "leave", NOBODY
            case _:
                return "cancel", act.first if act.held - 1 < roster.capacity else NOBODY

    def _decided(self, roster: Roster, number: int, act: Act) -> Roster:
        what, whom = self._plan(roster, number, act)
        decided = replace(act, step="decided", what=what, whom=whom, read=roster.capacity)
        return _with(roster, number, decided if what else Act())

    def _written(self, roster: Roster, number: int, act: Act) -> Roster:
        after = _with(roster, number, Act())
        if not self._fits(roster, number, act):
            return after
        own = {"wait": "waiting", "confirm": "confirmed"}.get(act.what, "cancelled")
        changed = {number: own} if number < self.people else {}
        changed |= {act.whom: "confirmed"} if act.whom != NOBODY else {}
        states = tuple(changed.get(each, state) for each, state in enumerate(roster.states))
        touched = {each for each in changed if roster.states[each]}  # nobody has read a row that is new
        touched |= set() if act.what in {"wait", "leave"} else {GUARD}
        after = replace(after, acts=_touched(after.acts, touched), states=states)
        if act.what == "wait":
            later = 1 + sum(since > 0 for since in roster.waiting_since)
            since = tuple(later if each == number else was for each, was in enumerate(roster.waiting_since))
            after = replace(after, waiting_since=since)
        is_over = act.whom != NOBODY and after.held > act.read
        is_passed = act.what == "confirm" and act.first != NOBODY
        gone = {number} if act.what in {"leave", "cancel"} else set()
        marks = roster.overbooked or is_over, roster.passed or is_passed
        return replace(after, overbooked=marks[0], passed=marks[1], left=roster.left | gone)

    def _fits(self, roster: Roster, number: int, act: Act) -> bool:
        has_guard = GUARD in act.fresh
        has_whom = act.whom == NOBODY or act.whom in act.fresh
        match act.what:
            case "confirm":
                return has_guard and not roster.states[number]
            case "wait":
                return not roster.states[number]
            case "leave":
                return number in act.fresh
            case "cancel":
                return has_guard and number in act.fresh and has_whom
            case _:  # with the place, the positions of all who wait are written
                return has_guard and act.fresh.issuperset(range(self.people))


def _with(roster: Roster, number: int, act: Act) -> Roster:
    return replace(roster, acts=(*roster.acts[:number], act, *roster.acts[number + 1 :]))


def _touched(acts: tuple[Act, ...], rows: set[int]) -> tuple[Act, ...]:
    return tuple(replace(each, fresh=each.fresh - rows) for each in acts)


def with_other_names(roster: Roster, number: int) -> frozenset[tuple[Roster, int]]:
    """The state and who takes a step from it, with the people's names exchanged in every way, and no edit counted."""
    people = len(roster.states)
    orders = (dict(enumerate(order)) for order in permutations(range(people)))
    return frozenset((_renamed(roster, order), order.get(number, number)) for order in orders)


def _renamed(roster: Roster, names: Mapping[int, int]) -> Roster:
    was = sorted(names, key=names.__getitem__)
    acts = (*(roster.acts[each] for each in was), roster.acts[-1])
    return Roster(
        tuple(_act_renamed(act, names) for act in acts),
        tuple(roster.states[each] for each in was),
        roster.capacity,
        tuple(roster.waiting_since[each] for each in was),
    )


def _act_renamed(act: Act, names: Mapping[int, int]) -> Act:
    fresh = frozenset(names.get(each, each) for each in act.fresh)
    return replace(act, first=names.get(act.first, act.first), whom=names.get(act.whom, act.whom), fresh=fresh)
