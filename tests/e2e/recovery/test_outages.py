"""Outages of hours, with the clock sped up: nothing is lost, nothing doubled, and what people were told is true.

People go on booking, waiting, cancelling, moving and referring themselves all the while. Whoever is told of an error
tries again when the outage is over. The email service sends twice what it is given twice.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

import pytest
from azure.storage.queue import QueueServiceClient

from local.stack.host_client import FunctionFailedError
from tests.e2e.recovery.acts import Act
from tests.e2e.recovery.crowd import Crowd
from tests.e2e.recovery.service import Service, service_behind_doors
from tests.e2e.recovery.storage_proxy import Outage
from tests.promises import Outcome, broken
from tests.vault import Vault, running_vault

SOON = {"today": "2023-09-01", "tomorrow": "2023-09-02"}
"""Sessions at 3pm, six hours after the beginning and a day later."""

SENDING = ("AzureWebJobs.send_mail.Disabled", "AzureWebJobs.forward_referral.Disabled")
DAY = 24 * 60
ACTS_A_STEP = 2


@dataclass
class Day:
    """A day with an outage in it. Each person does one thing in it."""

    service: Service
    random: Random
    vault: Vault
    acts: list[Act] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    planned: list[list[Act]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.crowd = Crowd(self.service, self.random)

    def begin(self, steps: int) -> None:
        """There are people in every session, and a referral that the provider has; they open the pages of later."""
        self.crowd.open_sessions(SOON)
        booked = [self.crowd.book(each) for each in ("today", "tomorrow", "tomorrow", "s1", "s1", "s2", "s3")]
        self._ask([*booked, self.crowd.refer()])
        self.service.tick(minutes=3)
        later = self.crowd.acts(ACTS_A_STEP * steps)
        self.planned = [later[at : at + ACTS_A_STEP] for at in range(0, len(later), ACTS_A_STEP)]
        self.acts = [act for act in self.acts if act.who not in {each.who for each in later}]
        self.service.later(minutes=3)

    def during(self, minutes: int, *, ticks: bool = True) -> None:
        """So many minutes pass; now and then people do something, and the timer runs."""
        for acts in self.planned:
            self._ask(acts)
            self.service.rest()  # a clock that jumps while an email is being sent is another matter
            self.service.later(minutes=minutes / len(self.planned))
            if ticks:
                with suppress(FunctionFailedError):
                    self.service.stack.tick()

    def end(self) -> None:
        """People who got an error try again, everything comes right by itself, and then it is looked at."""
        for act in self.acts:
            if not act.is_answered:
                act.ask(self.service.stack.site)
        self._check(self.acts)
        self.service.recover()
        seen = self.service.seen()
        self.wrong += [f"{act.story}: done by half" for act in self.acts if not act.is_whole(seen.tables)]
        self.wrong += [*broken(seen), *never_reminded(seen)]

    def _ask(self, acts: list[Act]) -> None:
        with ThreadPoolExecutor(len(acts)) as pool:
            for act in acts:
                pool.submit(act.ask, self.service.stack.site)
        self.acts += acts
        self._check(acts)

    def _check(self, acts: list[Act]) -> None:
        """What people were told is so at once, in the middle of an outage."""
        seen = self.service.seen_now()
        self.wrong += [how for act in acts if act.is_answered for how in act.broken(seen)]

    def __str__(self) -> str:
        told = Counter(f"{act.kind} {act.told}" for act in self.acts)
        return f"{len(self.acts)} acts {dict(told)}, {len(self.service.stack.mail.messages())} emails"


def never_reminded(seen: Outcome) -> Iterator[str]:
    """People with a place in the session of tomorrow: the timer runs before it begins in every case."""
    sent = [mail_id for (_, mail_id), row in seen.tables["MailLog"].items() if row["State"] == "sent"]
    for (session_id, key), row in seen.tables["Bookings"].items():
        reminder = f"{key}-{row.get('Generation')}-reminder-"
        is_due = (session_id, row.get("State")) == ("tomorrow", "confirmed")
        if is_due and not any(each.startswith(reminder) for each in sent):
            yield "someone with a place tomorrow was never reminded"


# What goes wrong, and for how long.


@contextmanager
def mail_down(day: Day) -> Iterator[None]:
    day.service.stack.mail.faults([{"kind": "status", "status": 503, "count": None}])
    yield
    day.service.stack.mail.clear_faults()


@contextmanager
def mail_loses_answers(day: Day) -> Iterator[None]:
    """Every email is sent and none is known to be."""
    day.service.stack.mail.faults([{"kind": "drop_after", "count": None}])
    yield
    day.service.stack.mail.clear_faults()


@contextmanager
def vault_down(day: Day) -> Iterator[None]:
    day.vault.fault = 503
    yield
    day.vault.fault = 0


@contextmanager
def queues_emptied(day: Day) -> Iterator[None]:
    """Messages wait, because nobody takes them, until someone deletes them all."""
    service = day.service
    with other_settings(service, dict.fromkeys(SENDING, "true")):
        yield
        deleted = 0
        for storage in ("BOOKINGS_STORAGE", "REFERRALS_STORAGE"):
            with QueueServiceClient.from_connection_string(service.stack.settings[storage]) as queues:
                for queue in [queues.get_queue_client(each) for each in queues.list_queues()]:
                    deleted += queue.get_queue_properties().approximate_message_count or 0
                    queue.clear_messages()
        assert deleted


@contextmanager
def other_settings(service: Service, settings: Mapping[str, str]) -> Iterator[None]:
    before = service.host_settings
    service.host_settings = {**before, **settings}
    restart(service)
    yield
    service.host_settings = before
    restart(service)


def restart(service: Service) -> None:
    service.kill(0)
    service.start([0])


def storage_down(account: str, outage: Outage) -> Callable[[Day], AbstractContextManager[None]]:
    @contextmanager
    def shut(day: Day) -> Iterator[None]:
        day.service.doors[account].shut(outage)
        yield
        day.service.doors[account].shut(Outage.NONE)

    return shut


@contextmanager
def timer_silent(day: Day) -> Iterator[None]:
    yield


@contextmanager
def clock_a_day_ahead(day: Day) -> Iterator[None]:
    day.service.tick(days=1)
    yield
    day.service.stack.settle()
    day.service.tick(days=-1)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with running_vault(tmp_path_factory.mktemp("vault")) as running:
        running.new_version()
        yield running


CASES = {
    "mail down for 4 hours": (mail_down, 240),
    "timer silent for a day": (timer_silent, DAY),
    "all messages in the queues deleted": (queues_emptied, 10),
    "storage of bookings down for an hour": (storage_down("bookings", Outage.REFUSED), 60),
    "storage of referrals down for an hour": (storage_down("referrals", Outage.REFUSED), 60),
    "vault down for 2 hours": (vault_down, 120),
    "clock jumped a day forward and back": (clock_a_day_ahead, 30),
    "every answer of the email service lost for 4 hours": (mail_loses_answers, 240),
    "storage of bookings busy for an hour": (storage_down("bookings", Outage.BUSY), 60),
    "storage of referrals busy for an hour": (storage_down("referrals", Outage.BUSY), 60),
}
BY_DAY = dict.fromkeys([*CASES][:7], 2) | {"storage of bookings down for an hour": 1}
"""In how few steps; a booking is tried for 20 seconds before the person is told of an error."""


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        *BY_DAY.items(),
        *(pytest.param(name, steps, marks=pytest.mark.nightly) for name in CASES for steps in (3, 12)),
    ],
)
def test_an_outage_loses_and_doubles_nothing_and_what_people_are_told_is_true(
    name: str, steps: int, vault: Vault, capsys: pytest.CaptureFixture[str]
) -> None:
    outage, minutes = CASES[name]
    [key] = vault.versions
    with service_behind_doors(vault.settings(json.dumps(vault.jwk(key)))) as service:
        day = Day(service, Random(f"{name} {steps}"), vault)
        day.begin(steps)
        with outage(day):
            day.during(minutes, ticks=outage is not timer_silent)
        day.end()
        with capsys.disabled():
            sys.stdout.write(f"\n{name}: {day}\n")

        assert not day.wrong, "\n".join(day.wrong)
