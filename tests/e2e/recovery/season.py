"""Rounds of acts in which hosts are killed: among the acts, and while the timer makes up for what was cut off."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from local.stack.host_client import FunctionFailedError
from tests.e2e.recovery.acts import Act
from tests.e2e.recovery.crowd import Crowd
from tests.e2e.recovery.service import Service
from tests.promises import broken

ACTS = 4
_TRIES_AGAIN = 0.7


@dataclass
class Season:
    """`random` decides who does what, where, and when which host is killed."""

    service: Service
    random: Random
    kills: int = 0
    acts: list[Act] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.crowd = Crowd(self.service, self.random)

    def begin(self) -> None:
        """A round without a kill, which tells how long one takes: a kill may come at any moment of it."""
        self.crowd.open_sessions()
        began = time.monotonic()
        self._ask_all(())
        self.service.stack.settle()
        self.seconds = time.monotonic() - began

    def happen(self) -> None:
        """One round; then what people were told is so, as soon as abandoned work has been taken up."""
        acts = self._ask_all(self.random.choice([(0,), (1,), (0, 1)]))
        for act in acts:
            if not act.is_answered and self.random.random() < _TRIES_AGAIN:
                act.ask(self._a_site())
        self._recover_and_kill()
        self.service.stack.settle()
        self.service.tick(minutes=11)
        seen = self.service.seen_now()
        self.wrong += [how for act in acts for how in act.broken(seen)]

    def end(self) -> None:
        self.service.recover()
        self.wrong += broken(self.service.seen())

    def _ask_all(self, victims: tuple[int, ...]) -> list[Act]:
        acts = self.crowd.acts(ACTS)
        self.service.later(minutes=3)
        with ThreadPoolExecutor(ACTS) as pool:
            for act in acts:
                pool.submit(act.ask, self._a_site())
            self._kill(victims)
        self.acts += acts
        return acts

    def _recover_and_kill(self) -> None:
        self.service.stack.settle()
        self.service.later(minutes=11)
        victim = self.random.randrange(len(self.service.stack.hosts))
        with ThreadPoolExecutor(1) as pool:
            pool.submit(self._run_the_timer, victim)
            self._kill((victim,))

    def _kill(self, victims: tuple[int, ...]) -> None:
        """At any moment of a round, the first half of the time in its first quarter: most is begun there."""
        if victims:
            time.sleep(self.seconds * self.random.random() ** 2)
        for each in victims:
            self.service.kill(each)
        self.service.start(victims)
        self.kills += len(victims)

    def _run_the_timer(self, number: int) -> None:
        with suppress(OSError, FunctionFailedError):
            self.service.stack.hosts[number].run("schedule")

    def _a_site(self) -> str:
        return self.random.choice(self.service.stack.sites)

    def __str__(self) -> str:
        mail = self.service.stack.mail
        acts, cut = _counted(Counter(act.kind for act in self.acts)), self.service.unfinished()
        sizes = f"{len(mail.messages())} emails, {mail.requests()['status']} asked about before sending again"
        return f"{self.kills} kills, {cut.total()} functions cut off ({_counted(cut)}), {sizes}, acts: {acts}"


def _counted(times: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(times.items()))
