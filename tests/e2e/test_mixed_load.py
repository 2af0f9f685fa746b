"""People who look, book, wait, cancel and refer themselves at the same time: seconds by day, minutes at night."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, cycle

import pytest

from local.process.usage import Process
from local.stack.stack import Stack, running_stack
from shared.base64url import decode
from shared.signing import Signer
from tests.builders import MORNING, session_cells
from tests.e2e.canaries import CANARIES
from tests.e2e.conftest import act_form, person, rows
from tests.e2e.http_client import Answer, get, get_json, post_form, post_json

PEOPLE = 4
PAUSE = 0.15  # seconds between the acts of one person
HELD = 20  # megabytes: a word of a referral is hashed in 19, which the C library keeps for each thread that did so
OPEN, SMALL = "load-open", "load-small"
NO_QUOTA = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}


@dataclass(frozen=True, slots=True)
class Act:
    name: str
    status: int
    took: float  # milliseconds


@dataclass
class Load:
    """What people do, in turn, and what became of it."""

    stack: Stack
    numbers: Iterator[int] = field(default_factory=count)
    acts: list[Act] = field(default_factory=list)

    def run(self, seconds: float) -> Sequence[Act]:
        """Everyone goes on for so long; returns what was done in that time."""
        before, until = len(self.acts), time.monotonic() + seconds
        with ThreadPoolExecutor(PEOPLE) as pool:
            for done in [pool.submit(self._one_person, number, until) for number in range(PEOPLE)]:
                done.result()
        return self.acts[before:]

    def _one_person(self, first: int, until: float) -> None:
        turns = [self.look, self.book, self.wait, self.look, self.start, self.book_and_cancel, self.refer]
        for act in cycle(turns[first:] + turns[:first]):
            if time.monotonic() > until:
                return
            act()
            time.sleep(PAUSE)

    def look(self) -> None:
        self._did("list", lambda: get_json(f"{self.stack.site}/sessions"))

    def start(self) -> None:
        self._did("start", lambda: get(f"{self.stack.site}/"))

    def book(self) -> Answer:
        body = person(OPEN, f"p{next(self.numbers)}")
        return self._did("book", lambda: post_json(f"{self.stack.site}/bookings", body))

    def wait(self) -> None:
        body = person(SMALL, f"p{next(self.numbers)}", join_waiting_list=True)
        self._did("wait", lambda: post_json(f"{self.stack.site}/bookings", body))

    def book_and_cancel(self) -> None:
        reference = self.book().json["reference"]
        keys = {"session": OPEN, "reference": reference}
        query = "PartitionKey eq @session and Reference eq @reference"
        [row] = rows(self.stack, "Bookings").query_entities(query, parameters=keys)
        signer = Signer((decode(self.stack.settings["LINK_KEY"]),))
        link = f"{self.stack.site}/manage/{signer.token('manage', OPEN, row['RowKey'], '1')}"
        form = act_form(self.stack, link, "cancel")
        self._did("cancel", lambda: post_form(f"{link}/cancel", form))

    def refer(self) -> None:
        self._did("refer", lambda: post_json(f"{self.stack.site}/one-to-one", CANARIES))

    def _did(self, name: str, act: Callable[[], Answer]) -> Answer:
        began = time.perf_counter()
        answer = act()
        self.acts.append(Act(name, answer.status, (time.perf_counter() - began) * 1000))
        return answer


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.nightly)])
def test_whatever_people_do_at_once_is_answered_and_leaves_nothing_open(seconds: int) -> None:
    """Five parts of the same length. By the second nearly everything is loaded, and memory counts from then on."""
    with running_stack(at=MORNING, settings=NO_QUOTA) as stack:
        stack.mail.settings({"per_minute": 0, "per_hour": 0})
        for name, capacity in ((OPEN, 5000), (SMALL, 1)):
            rows(stack, "Sessions").create_entity(session_cells(RowKey=name, Capacity=capacity))
        load, host = Load(stack), Process(stack.hosts[0].child.process.pid)
        found = list[tuple[float, int]]()
        for part in range(5):
            acts = load.run(seconds)
            stack.settle()
            found.append((host.memory(), host.sockets()))
            # Figures of a night's run, which decide nothing.
            print(f"part {part}: {_figures(acts)}, {found[-1][0]:.0f} MB, {found[-1][1]} sockets")  # noqa: T201

        statuses = {(act.name, act.status) for act in load.acts}
        assert statuses == {
            *(("list", 200), ("start", 200), ("book", 201), ("cancel", 303), ("refer", 201)),
            *(("wait", 201), ("wait", 409)),
        }
        assert " ERROR " not in stack.log_text()
        assert found[-1][0] <= found[1][0] + PEOPLE * HELD
        assert found[-1][1] <= found[1][1] + PEOPLE


def _figures(acts: Sequence[Act]) -> str:
    times = sorted(act.took for act in acts)
    return f"{len(acts)} acts, p50 {statistics.median(times):.0f} ms, p95 {times[len(times) * 95 // 100]:.0f} ms"
