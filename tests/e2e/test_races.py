"""Pairs of acts at the same time over four host processes and one storage: what is promised stays true.

The outcome of each round is read from the tables and the email service's inbox, without the code that keeps it.
"""

from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, cycle
from typing import Any

import pytest

from local.clock import LocalClock
from local.stack.stack import Stack, running_stack
from shared.signing import Signer
from tests.builders import MORNING, session_cells
from tests.e2e.conftest import act_form, mails_to, person, roster, rows
from tests.e2e.http_client import Answer, post_form, post_json

HOLDING = {"confirmed", "to-check"}
DATES = {"a": "2023-10-03", "b": "2023-10-10", "c": "2023-10-17", "d": "2023-10-24"}
ANSWERED = {201, 303, 409}  # a place, an act done or done before, and a refusal: nobody sees an error


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    no_budget = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}
    with running_stack(at=MORNING, hosts=4, settings=no_budget, load=None) as running:
        yield running


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return count(1)


@dataclass
class Round:
    """Four sessions of one round, `a` to `d`, whose people nobody else has."""

    stack: Stack
    number: int
    sites: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self.sites = cycle(self.stack.sites)

    # What happens.

    def open(self, **capacities: int) -> None:
        for name, day in DATES.items():
            cells = {"RowKey": self.id(name), "Date": day, "Capacity": capacities.get(name, 2)}
            rows(self.stack, "Sessions").create_entity(session_cells(**cells))

    def book(self, who: str, session: str, **changes: Any) -> Answer:
        body = person(self.id(session), who, email=self.address(who), **changes)
        return post_json(f"{next(self.sites)}/bookings", body)

    def link(self, who: str, session: str) -> str:
        key = urlsafe_b64decode(self.stack.settings["LINK_KEY"] + "=")
        [row] = self.rows_of(who, session)
        return Signer((key,)).token("manage", self.id(session), row["RowKey"], str(row["Generation"]))

    def move(self, who: str, session: str, to: str) -> Callable[[], Answer]:
        url = f"{next(self.sites)}/manage/{self.link(who, session)}"
        form = act_form(self.stack, url, "move")
        return lambda: post_form(f"{url}/move", form | {"session_id": self.id(to)})

    def cancel(self, who: str, session: str) -> Callable[[], Answer]:
        url = f"{next(self.sites)}/manage/{self.link(who, session)}"
        form = act_form(self.stack, url, "cancel")
        return lambda: post_form(f"{url}/cancel", form)

    def timer(self, host: int) -> Callable[[], None]:
        return lambda: self.stack.hosts[host].run("schedule")

    def type_capacity(self, session: str, capacity: int) -> None:
        keys = {"PartitionKey": "sessions", "RowKey": self.id(session)}
        rows(self.stack, "Sessions").update_entity(keys | {"Capacity": capacity})

    def at_once(self, *acts: Callable[[], Any]) -> list[Any]:
        """Does all of them at the same time. Whoever asked something gets an answer, and no error."""
        with ThreadPoolExecutor(len(acts)) as pool:
            results = [each.result() for each in [pool.submit(act) for act in acts]]
        answers = [each for each in results if isinstance(each, Answer)]
        assert {each.status for each in answers} <= ANSWERED, [each.text for each in answers]
        return results

    def settle(self) -> None:
        for _ in range(2):
            self.stack.settle()
            self.stack.set_clock(LocalClock(self.stack.clock_path)() + timedelta(minutes=5))
            self.stack.tick()
        self.stack.settle()

    # What can be seen.

    def id(self, session: str) -> str:
        return f"race-{self.number}-{session}"

    def address(self, who: str) -> str:
        return f"{who}@race{self.number}.nhs.net"

    def rows_of(self, who: str, session: str) -> list[Any]:
        return [row for row in roster(self.stack, self.id(session)) if row["Email"] == self.address(who)]

    def places(self, who: str) -> str:
        """Names of the sessions in which someone holds a place."""
        return "".join(name for name in DATES if any(row["State"] in HOLDING for row in self.rows_of(who, name)))

    def held(self, session: str) -> int:
        return sum(row["State"] in HOLDING for row in roster(self.stack, self.id(session)))

    # What is promised.

    def check(self) -> None:
        for name in DATES:
            capacity = rows(self.stack, "Sessions").get_entity("sessions", self.id(name))["Capacity"]
            assert self.held(name) <= capacity, f"{self.held(name)} of {capacity} places in {name}"
            everyone = roster(self.stack, self.id(name))
            assert max(Counter(row["Email"] for row in everyone).values(), default=1) == 1, "a person has two rows"
            assert not [row for row in everyone if row["Moving"] or row["Releases"]], "a move is half done"
            for row in everyone:
                self._check_told(row)

    def _check_told(self, row: Any) -> None:
        """Each place is confirmed once; who cancelled is told once; no email goes out twice."""
        of_session = [
            each for each in rows(self.stack, "MailLog").list_entities() if each["PartitionKey"] == row["PartitionKey"]
        ]
        mine = [each["RowKey"] for each in of_session if each["RowKey"].startswith(f"{row['RowKey']}-")]
        current = f"{row['RowKey']}-{row['Generation']}-"
        wanted = {"confirmed": "confirmation", "waiting": "waiting"}.get(row["State"])
        assert wanted is None or f"{current}{wanted}" in mine, f"nobody told them that they are {row['State']}"
        assert row["Reason"] != "left" or f"{current}gone" in mine, "nobody told them that it is cancelled"
        arrived = Counter(mail["operationId"] for mail in mails_to(self.stack, row["Email"]))
        assert max(arrived.values(), default=1) == 1, "one email went out twice"
        sent = {each["OperationId"] for each in of_session if each["RowKey"] in mine and each["State"] == "sent"}
        assert sent <= arrived.keys(), "sent and never arrived"


# The pairs. Each plays one round of its own.


def three_moves_of_one_booking(it: Round) -> None:
    it.open()
    it.book("ann", "a")
    answers = it.at_once(*(it.move("ann", "a", to) for to in "bcd"))
    assert [each.status for each in answers] == [303] * 3
    assert len({each.headers["location"].partition("?")[0] for each in answers}) == 1, "each leads to the booking"
    it.settle()
    assert len(it.places("ann")) == 1
    assert it.places("ann") != "a"


def moves_of_one_booking_to_a_full_and_a_free_session(it: Round) -> None:
    it.open(b=0)
    it.book("ann", "a")
    it.at_once(*(it.move("ann", "a", to) for to in "bcb"))
    it.settle()
    assert it.places("ann") in {"a", "c"}


def one_move_sent_four_times(it: Round) -> None:
    it.open()
    it.book("ann", "a")
    it.at_once(*(it.move("ann", "a", "b") for _ in range(4)))
    it.settle()
    assert it.places("ann") == "b"


def a_move_and_a_cancellation(it: Round) -> None:
    it.open(a=1)
    it.book("ann", "a")
    it.book("ben", "a", join_waiting_list=True)
    it.at_once(it.move("ann", "a", "b"), it.cancel("ann", "a"))
    it.settle()
    [row] = it.rows_of("ann", "a")
    assert it.places("ann") == {"moved": "b", "left": ""}[row["Reason"]]
    assert it.places("ben") == "a"


def a_move_and_the_booking_form(it: Round) -> None:
    it.open()
    it.book("ann", "a")
    it.at_once(it.move("ann", "a", "b"), lambda: it.book("ann", "b"), lambda: it.book("ann", "a"))
    it.settle()
    assert it.places("ann") in {"b", "ab"}


def two_bookings_moved_to_each_other(it: Round) -> None:
    it.open()
    for name in "ab":
        it.book("ann", name)
    it.at_once(it.move("ann", "a", "b"), it.move("ann", "b", "a"))
    it.settle()
    assert it.places("ann")


def two_bookings_moved_to_one_session(it: Round) -> None:
    it.open()
    for name in "ac":
        it.book("ann", name)
    it.at_once(it.move("ann", "a", "b"), it.move("ann", "c", "b"))
    it.settle()
    assert it.places("ann") == "b"


def a_move_and_the_timer(it: Round) -> None:
    it.open(b=1)
    for who in ("ann", "ben"):
        it.book(who, "a")
    it.at_once(it.move("ann", "a", "b"), it.timer(1), it.timer(2), it.move("ben", "a", "b"))
    it.settle()
    assert sorted([it.places("ann"), it.places("ben")]) == ["a", "b"]


def fewer_places_a_cancellation_and_the_timer(it: Round) -> None:
    it.open(a=3)
    for who in ("ann", "ben", "cem"):
        it.book(who, "a")
    for who in ("dee", "eve"):
        it.book(who, "a", join_waiting_list=True)
    cancel = it.cancel("ann", "a")

    def lower_and_cancel() -> Answer:
        it.type_capacity("a", 2)
        return cancel()

    it.at_once(it.timer(1), lower_and_cancel, it.timer(2), it.timer(3))
    it.settle()
    assert (it.places("dee"), it.places("eve")) == ("", "")


def promotion_by_the_timer_and_by_a_cancellation(it: Round) -> None:
    it.open(a=2)
    for who in ("ann", "ben"):
        it.book(who, "a")
    for who in ("cem", "dee", "eve"):
        it.book(who, "a", join_waiting_list=True)
    cancel = it.cancel("ann", "a")
    it.type_capacity("a", 3)
    it.at_once(it.timer(1), cancel, it.timer(2), it.timer(3))
    it.settle()
    assert [it.places(who) for who in ("ben", "cem", "dee", "eve")] == ["a", "a", "a", ""]


def the_timer_and_newcomers(it: Round) -> None:
    it.open(a=1)
    it.book("ann", "a")
    it.book("ben", "a", join_waiting_list=True)
    it.type_capacity("a", 2)
    it.at_once(it.timer(1), *(lambda who=who: it.book(who, "a") for who in ("cem", "dee", "eve")), it.timer(2))
    it.settle()
    assert [it.places(who) for who in ("ann", "ben", "cem", "dee", "eve")] == ["a", "a", "", "", ""]


PAIRS = (
    three_moves_of_one_booking,
    moves_of_one_booking_to_a_full_and_a_free_session,
    one_move_sent_four_times,
    a_move_and_a_cancellation,
    a_move_and_the_booking_form,
    two_bookings_moved_to_each_other,
    two_bookings_moved_to_one_session,
    a_move_and_the_timer,
    fewer_places_a_cancellation_and_the_timer,
    promotion_by_the_timer_and_by_a_cancellation,
    the_timer_and_newcomers,
)


def play(stack: Stack, number: int, pair: Callable[[Round], None]) -> None:
    it = Round(stack, number)
    pair(it)
    it.check()
    for name in DATES:  # so that the timer has no more to do in the next round than in this one
        rows(stack, "Sessions").delete_entity("sessions", it.id(name))
        for table in ("Bookings", "MailLog"):
            found = rows(stack, table).query_entities("PartitionKey eq @s", parameters={"s": it.id(name)})
            for row in found:
                rows(stack, table).delete_entity(row["PartitionKey"], row["RowKey"])
        rows(stack, "Service").delete_entity("service", f"session-{it.id(name)}")


@pytest.mark.parametrize("rounds", [2, pytest.param(15, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.__name__)
def test_pairs_of_acts_at_the_same_time_over_four_processes_keep_the_promises(
    stack: Stack, numbers: Iterator[int], pair: Callable[[Round], None], rounds: int
) -> None:
    for _ in range(rounds):
        play(stack, next(numbers), pair)
