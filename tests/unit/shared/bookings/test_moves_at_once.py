"""One booking moved, cancelled and booked again at the same time: one place stays one place."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import combinations
from random import Random
from typing import Any

import pytest

from shared.bookings.model.errors import BookingError, BookingsBusyError, SessionFullError, SessionSuspendedError
from shared.bookings.model.pending_release import PendingRelease
from shared.bookings.self_service.service import ActionResult
from shared.tables.service_table import read_service_rows
from tests.builders import booking_request, london
from tests.every_row import every_row
from tests.fakes import Fault, InjectedFault, with_fault
from tests.fault_at_any_call import EVERY_FAULT
from tests.unit.shared.bookings.booking_system import LINKS, BookingHarness, Wrap
from tests.unit.shared.bookings.faulty_booking_system import ConcurrentAction
from tests.unit.shared.bookings.interleaving import Process, run_at_once

DAYS = {"s1": "2023-09-08", "s2": "2023-10-03", "s3": "2023-10-17", "s4": "2023-11-07"}
ALWAYS = 5


def seeds(number: int) -> list[Any]:
    """The first few orders always, and the others at night."""
    return [*range(ALWAYS), *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(ALWAYS, number))]


ORDERS, FEWER = seeds(100), seeds(40)


def four_sessions(capacity: int = 2, **capacities: int) -> BookingHarness:
    """Ann has a place in the first of four sessions; the capacity of each but that one can be given."""
    harness = BookingHarness(Capacity=capacity)
    for session_id in ("s2", "s3", "s4"):
        cells = {"RowKey": session_id, "Date": DAYS[session_id], "Capacity": capacities.get(session_id, 2)}
        harness.add_session(**cells)
    harness.book("ann")
    return harness


def places(harness: BookingHarness, name: str = "ann") -> list[str]:
    """Sessions in which someone holds a place."""
    return [each for each in DAYS if harness.states(each).get(name) in {"confirmed", "to-check"}]


def settle(harness: BookingHarness) -> None:
    """Two runs of the timer, after all who died have been forgotten."""
    for _ in range(2):
        harness.pass_time(minutes=5)
        harness.tick()


def check_settled(harness: BookingHarness) -> None:
    assert max(Counter(harness.sender.operations).values(), default=1) == 1, "one email went out twice"
    for session_id in DAYS:
        roster = harness.repository().roster(session_id)
        session = harness.repository().session(session_id)
        assert session is not None
        assert roster.held <= session.capacity
        for each in roster.attendees:
            assert each.moving is None, "a move was neither finished nor taken back"
            assert each.pending_release is None, "a place was not given up"


def move(harness: BookingHarness, token: str, to: str) -> Process:
    return lambda wrap: harness.self_service(wrap).move(token, to, harness.now)


def cancel(harness: BookingHarness, token: str) -> Process:
    return lambda wrap: harness.self_service(wrap).cancel(token, harness.now)


def book(harness: BookingHarness, name: str, session_id: str) -> Process:
    request = booking_request(session_id=session_id, full_name=name.title(), email=f"{name}@example.nhs.uk")
    return lambda wrap: harness.booking(wrap).book(request, harness.now)


def run_timer(harness: BookingHarness) -> Process:
    return lambda wrap: harness.schedule(wrap).run(read_service_rows(harness.service), harness.now)


@pytest.mark.parametrize("seed", FEWER)
def test_one_of_three_moves_sent_at_once_wins_and_the_others_lead_to_it(seed: int) -> None:
    harness = four_sessions()
    token = harness.token("ann")

    results = run_at_once([move(harness, token, to) for to in ("s2", "s3", "s4")], Random(seed))

    [place] = places(harness)
    assert place != "s1"
    for result in results:
        assert isinstance(result, ActionResult), result
        assert result.moved_to == LINKS.token(place, harness.repository().roster(place).attendees[0])
    settle(harness)
    check_settled(harness)
    assert places(harness) == [place]
    assert harness.kinds("ann") == ["booked", "booked"]


def _append(results: list[object], process: Process) -> None:
    results.append(process(lambda table: table))


def _undisturbed(process: Process) -> Callable[[], object]:
    return partial(process, lambda table: table)


def test_a_move_at_any_call_of_another_changes_only_who_wins() -> None:
    for at in range(100):
        harness = four_sessions()
        token = harness.token("ann")
        other = ConcurrentAction(at, "lost-request", act=_undisturbed(move(harness, token, "s3")))

        done = harness.self_service(with_fault(other)).move(token, "s2", harness.now)

        [place] = places(harness)
        assert done.moved_to == LINKS.token(place, harness.repository().roster(place).attendees[0])
        assert not harness.row("ann", place).text("Releases")
        if not other.triggered:
            assert at >= 8
            return
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("first", ["move", "cancel"])
@pytest.mark.parametrize("both", [False, True], ids=["", "booked there already"])
def test_a_move_and_a_cancellation_at_any_call_of_each_other_are_one_of_both(first: str, *, both: bool) -> None:
    for at in range(100):
        harness = four_sessions()
        if both:
            harness.book("ann", "s2")
        token = harness.token("ann")
        acts = {"move": move(harness, token, "s2"), "cancel": cancel(harness, token)}
        second = "cancel" if first == "move" else "move"
        results: list[object] = []
        other = ConcurrentAction(at, "lost-request", act=partial(_append, results, acts[second]))

        last = acts[first](with_fault(other))

        if not other.triggered:
            assert at >= 3
            return
        moved, cancelled = (last, *results) if first == "move" else (*results, last)
        assert isinstance(moved, ActionResult)
        assert isinstance(cancelled, ActionResult)
        assert bool(moved.moved_to) is cancelled.already, f"call {at}"
        assert places(harness) == (["s2"] if moved.moved_to or both else []), f"call {at}"
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("then", ["cancel", "s1", "s3"])
def test_whoever_goes_on_from_a_booking_whose_move_was_cut_off_leaves_no_place_behind(then: str) -> None:
    for at in range(100):
        harness, trouble = four_sessions(), InjectedFault(at, "crash-after")
        _attempt(harness, harness.token("ann"), "s2", with_fault(trouble))
        harness.time.seconds += 10
        if not trouble.triggered:
            assert at >= 8
            return
        if places(harness)[-1:] != ["s2"]:
            continue
        token = harness.token("ann", "s2")
        act = cancel(harness, token) if then == "cancel" else move(harness, token, then)

        act(lambda table: table)

        assert places(harness) == ([] if then == "cancel" else [then]), f"call {at}"
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("seed", FEWER)
def test_the_same_move_sent_twice_at_once_is_one_move(seed: int) -> None:
    harness = four_sessions()
    token = harness.token("ann")

    results = run_at_once([move(harness, token, "s2")] * 2, Random(seed))

    assert all(isinstance(result, ActionResult) and result.moved_to for result in results), results
    settle(harness)
    check_settled(harness)
    assert places(harness) == ["s2"]
    assert harness.kinds("ann") == ["booked", "booked"]


@pytest.mark.parametrize("seed", ORDERS)
def test_a_booking_moved_and_cancelled_at_once_is_one_of_both(seed: int) -> None:
    harness = four_sessions()
    harness.book("ben", join_waiting_list=True)
    harness.book("cem", join_waiting_list=True)
    token = harness.token("ann")

    moved, cancelled = run_at_once([move(harness, token, "s2"), cancel(harness, token)], Random(seed))
    settle(harness)

    check_settled(harness)
    assert isinstance(moved, ActionResult)
    assert isinstance(cancelled, ActionResult)
    assert places(harness) == (["s2"] if moved.moved_to else [])
    assert cancelled.already is bool(moved.moved_to)
    assert harness.kinds("ann") == ["booked", "booked" if moved.moved_to else "no longer booked"]
    assert places(harness, "cem") == ["s1"], "the place that was left goes to who waits"


@pytest.mark.parametrize("seed", FEWER)
def test_two_bookings_moved_to_each_other_at_once_are_never_both_lost(seed: int) -> None:
    harness = four_sessions()
    harness.book("ann", "s2")
    tokens = {session_id: harness.token("ann", session_id) for session_id in ("s1", "s2")}

    run_at_once([move(harness, tokens["s1"], "s2"), move(harness, tokens["s2"], "s1")], Random(seed))

    assert places(harness)
    settle(harness)
    check_settled(harness)
    assert places(harness)


@pytest.mark.parametrize("seed", FEWER)
@pytest.mark.parametrize("where", ["s1", "s2"])
def test_the_booking_form_sent_while_a_booking_moves_leaves_one_place_in_each_session(where: str, seed: int) -> None:
    harness = four_sessions()
    token = harness.token("ann")

    moved, _ = run_at_once([move(harness, token, "s2"), book(harness, "ann", where)], Random(seed))
    settle(harness)

    check_settled(harness)
    assert isinstance(moved, ActionResult)
    # Booked before the move, it was the same place; booked after it, it is a place of its own.
    assert places(harness) in ([["s2"]] if where == "s2" else [["s2"], ["s1", "s2"]])


@pytest.mark.parametrize("seed", FEWER)
def test_two_bookings_moved_to_the_same_session_at_once_are_one_place_there(seed: int) -> None:
    harness = four_sessions()
    harness.book("ann", "s3")
    tokens = [harness.token("ann", session_id) for session_id in ("s1", "s3")]

    run_at_once([move(harness, token, "s2") for token in tokens], Random(seed))
    settle(harness)

    check_settled(harness)
    assert places(harness) == ["s2"]


@pytest.mark.parametrize("seed", ORDERS)
def test_moves_to_full_and_free_sessions_a_cancellation_and_two_timers_at_once(seed: int) -> None:
    random = Random(seed)
    harness = four_sessions(s2=random.randrange(2), s3=random.randrange(2), s4=1)
    harness.book("ben")
    harness.book("cem", join_waiting_list=True)
    ann, ben = harness.token("ann"), harness.token("ben")
    acts = [
        move(harness, ann, "s2"),
        move(harness, ann, "s3"),
        move(harness, ben, "s4"),
        cancel(harness, ben),
        run_timer(harness),
        run_timer(harness),
        book(harness, "dee", "s3"),
        book(harness, "ann", "s1"),
    ]

    results = run_at_once(random.sample(acts, 4), random)
    assert not [each for each in results if isinstance(each, Exception) and not isinstance(each, BookingError)]
    assert not [each for each in results if isinstance(each, BookingsBusyError)], "nothing was wrong with storage"
    settle(harness)

    check_settled(harness)
    for name in ("ann", "ben", "cem", "dee"):
        assert len(places(harness, name)) <= 1 or name == "ann"
    assert 1 <= len(places(harness)) <= 2


@pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)
@every_row("repeats", ["s2", "s3", ""])
@every_row("free", [1, 0])
def test_a_move_that_breaks_at_any_call_is_finished_or_taken_back(
    fault: Fault, calls: range, repeats: str, free: int
) -> None:
    for at in calls:
        harness, trouble = four_sessions(s2=free), InjectedFault(at, fault)
        token = harness.token("ann")
        _attempt(harness, token, "s2", with_fault(trouble))
        harness.time.seconds += 10
        assert len(places(harness)) in {1, 2}
        if repeats:
            harness.pass_time(minutes=1)
            _attempt(harness, token, repeats, lambda table: table)
            assert len(places(harness)) == 1, f"call {at}"
        settle(harness)

        check_settled(harness)
        [place] = places(harness)
        assert place != "s2" or free, f"call {at}"
        assert harness.kinds("ann") == ["booked"] * (1 if place == "s1" else 2), f"call {at}"
        if not trouble.triggered:
            assert place == {"s2": "s2", "s3": "s2" if free else "s3", "": "s2"}[repeats] or not free
            assert at >= 8
            return
    pytest.fail("the calls never ended")


def _attempt(harness: BookingHarness, token: str, to: str, wrap: Wrap) -> None:
    def moving(wrap: Wrap) -> object:
        done = harness.self_service(wrap).move(token, to, harness.now)
        harness._send(done.mails)
        return done

    run_at_once([lambda _: moving(wrap)], Random(0))


@pytest.mark.parametrize("others", list(combinations(["move", "cancel", "timer"], 2)), ids="-".join)
@pytest.mark.parametrize("fault", ["crash-before", "crash-after", "lost-answer"])
@pytest.mark.parametrize("seeds", [range(5), pytest.param(range(5, 60), marks=pytest.mark.nightly)], ids=str)
def test_a_process_that_dies_in_the_middle_of_others_leaves_one_place(
    fault: Fault, others: tuple[str, ...], seeds: range
) -> None:
    for seed in seeds:
        random = Random(seed)
        harness = four_sessions(s2=random.randrange(2))
        token, trouble = harness.token("ann"), InjectedFault(random.randrange(14), fault)
        acts: dict[str, Process] = {
            "move": move(harness, token, "s3"),
            "cancel": cancel(harness, token),
            "timer": run_timer(harness),
        }
        dying = _dying(move(harness, token, "s2"), with_fault(trouble))

        results = run_at_once([dying, *(acts[name] for name in others)], random)
        settle(harness)

        check_settled(harness)
        cancelled = "cancel" in others and isinstance(results[1 + others.index("cancel")], ActionResult)
        assert len(places(harness)) in ({0, 1} if cancelled else {1}), f"seed {seed}"


def _dying(process: Process, breaking: Callable[..., object]) -> Process:
    return lambda wrap: process(lambda table: breaking(wrap(table)))  # type: ignore[arg-type,return-value]  # a wrapped table is one


def test_a_move_to_where_someone_waits_behind_a_list_that_has_ended_keeps_their_place() -> None:
    harness = BookingHarness(Capacity=1)
    harness.add_session(RowKey="s2", Date=DAYS["s2"])
    harness.book("ben")
    harness.book("ann", join_waiting_list=True)
    harness.book("ann", "s2")
    harness.at(london("2023-09-07 16:00"))
    harness.cancel("ben")

    with pytest.raises(SessionFullError):
        harness.move("ann", "s1", "s2")

    assert (harness.states()["ann"], harness.states("s2")["ann"]) == ("waiting", "confirmed")


def test_what_is_left_of_a_move_gives_up_no_booking_that_was_made_since() -> None:
    harness = four_sessions()
    harness.book("ann", "s2")
    old = PendingRelease(harness.row("ann").integer("Generation") or 0, harness.row("ann").key, "s1")
    harness.cancel("ann")
    harness.book("ann")
    harness.edit("ann", "s2", Releases=str(old))

    settle(harness)

    check_settled(harness)
    assert places(harness) == ["s1", "s2"]


def test_a_mark_on_a_session_that_has_started_is_taken_back() -> None:
    harness = four_sessions()
    _attempt(harness, harness.token("ann"), "s2", with_fault(InjectedFault(4, "crash-before")))
    assert harness.row("ann").text("Moving")
    harness.at(harness.now + timedelta(days=7, hours=6, minutes=10))

    harness.tick()

    check_settled(harness)
    assert places(harness) == ["s1"]


@pytest.mark.parametrize("typed", ['to "s2"', 'not to "s2"', 'to "s1"', 'to "nowhere"', 'to "a/b"', "s2", "x" * 500])
def test_a_mark_that_an_administrator_typed_costs_no_place(typed: str) -> None:
    harness = four_sessions(s2=0)
    harness.edit("ann", Moving=typed)

    settle(harness)

    check_settled(harness)
    assert places(harness) == ["s1"]
    assert harness.cancel("ann")
    assert places(harness) == []


def test_a_move_to_a_session_whose_roster_was_lost_is_taken_back_and_leaves_the_loss_to_be_noticed() -> None:
    harness = four_sessions()
    harness.book("ben", "s2")
    for partition, key in [each for each in harness.bookings.rows if each[0] == "s2"]:
        harness.bookings.delete(partition, key)

    with pytest.raises(SessionSuspendedError):
        harness.move("ann", "s2")

    assert not harness.row("ann").text("Moving")
    assert places(harness) == ["s1"]
    assert harness.repository().roster("s2").guard == ""


def test_an_old_link_leads_by_every_move_to_the_booking_as_it_stands_but_to_no_other_mailbox() -> None:
    harness = four_sessions()
    old = harness.token("ann")
    for here, to in (("s1", "s2"), ("s2", "s3")):
        harness.move("ann", to, here)

    assert harness.self_service().move(old, "s4", harness.now).moved_to == harness.token("ann", "s3")
    harness.edit("ann", "s3", Email="someone.else@example.nhs.uk")
    done = harness.self_service().move(old, "s4", harness.now)
    assert (done.already, done.moved_to) == (True, "")
