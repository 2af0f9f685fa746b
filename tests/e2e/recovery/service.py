"""A running service whose hosts may be killed at any moment, and all that can be seen of it."""

import re
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from local.clock import LocalClock
from local.stack.azurite import BOOKINGS, REFERRALS
from local.stack.processes import Plan, running_host
from local.stack.shared_azurite import unused_accounts
from local.stack.stack import Stack, running_stack
from local.stack.tables_and_queues import TABLES_AND_QUEUES
from tests.builders import MORNING
from tests.e2e.conftest import rows
from tests.e2e.recovery.acts import Tables
from tests.e2e.recovery.storage_proxy import Door, behind_a_door
from tests.promises import Outcome

BY_HAND = {"AzureWebJobs.schedule.Disabled": "true"}  # the timer runs when a test says so
NO_BUDGET = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}
_BEGUN = re.compile(r"Executing (\w+) \(id=([\w-]+)\)")
_ENDED = re.compile(r"Executed \w+ \(\w+, id=([\w-]+),")
_SECONDS = 120.0
_NO_LIMIT = dict.fromkeys(("per_minute", "per_hour", "status_per_minute", "status_per_hour"), 0)


@dataclass
class Service:
    """Hosts on one storage. The email service sends twice what it is given twice.

    The settings of `stack` lead to the storage itself, those of its hosts through the doors, one for each account.
    """

    stack: Stack
    running: ExitStack = field(repr=False)
    host_settings: Mapping[str, str] = field(repr=False)
    doors: Mapping[str, Door] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """What its clock shows (UTC)."""
        return LocalClock(self.stack.clock_path)()

    def kill(self, number: int) -> None:
        """SIGKILL, whatever the host is doing; returns when the process is gone."""
        process = self.stack.hosts[number].child.process
        process.kill()
        process.wait()

    def start(self, numbers: Collection[int]) -> None:
        """Other processes at the addresses of hosts that were killed; returns when they answer."""
        for each in numbers:
            self._start(each)
        for each in numbers:
            host = self.stack.hosts[each]
            host.child.wait_until(host.is_running)

    def _start(self, number: int) -> None:
        plan = Plan(at=None, folder=self.stack.clock_path.parent, keys={}, forks=True)
        port = urlsplit(self.stack.sites[number]).port or 0
        hosts = [*self.stack.hosts]
        hosts[number] = self.running.enter_context(running_host(plan, number, port, self.host_settings))
        self.stack = replace(self.stack, hosts=tuple(hosts), children=tuple(each.child for each in hosts))

    def unfinished(self) -> Counter[str]:
        """The functions that have begun and not ended, by name: those that run, and those that a kill cut off."""
        found = dict[str, str]()
        for line in self.log_lines():
            if begun := _BEGUN.search(line):
                found[begun[2]] = begun[1]
            elif ended := _ENDED.search(line):
                found.pop(ended[1], None)
        return Counter(found.values())

    def rest(self) -> None:
        """Returns when nothing runs, even if storage cannot be asked what waits. For hosts that were killed idle."""
        looks, deadline = 0, time.monotonic() + _SECONDS
        while looks < 2:
            assert time.monotonic() < deadline, "a function runs on and on"
            time.sleep(0.2)
            looks = 0 if self.unfinished() else looks + 1

    def later(self, **time: float) -> None:
        """The clock jumps forward by that much; nobody is busy then, or a stalled worker is what is shown."""
        self.stack.set_clock(self.now + timedelta(**time))

    def tick(self, **time: float) -> None:
        """That much later the timer runs, and whatever it found is done."""
        self.later(**time)
        self.stack.tick()
        self.stack.settle()

    def recover(self) -> None:
        """What brings everything right by itself: abandoned claims end, and so do waits after a failure, and a day."""
        self.stack.settle()
        for minutes in (11, 62, 24 * 60):
            self.tick(minutes=minutes)

    def seen(self) -> Outcome:
        """All tables, emails and lines of the log, without any person's answers."""
        tables = self._read({setting: names for setting, (names, _) in TABLES_AND_QUEUES.items()})
        return self._outcome(tables, self.stack.mail.messages(), self.log_lines())

    def seen_now(self) -> Outcome:
        """Bookings and referrals alone: enough to say if what a person was told is so."""
        return self._outcome(self._read({"BOOKINGS_STORAGE": ["Bookings"], "REFERRALS_STORAGE": ["Referrals"]}), (), ())

    def _read(self, wanted: Mapping[str, Collection[str]]) -> Tables:
        return {
            name: {
                (row["PartitionKey"], row["RowKey"]): dict(row)
                for row in rows(self.stack, name, storage).list_entities()
            }
            for storage, names in wanted.items()
            for name in names
        }

    def _outcome(self, tables: Tables, emails: Sequence[Mapping[str, Any]], lines: Sequence[str]) -> Outcome:
        settings = self.stack.settings
        return Outcome(
            tables=tables,
            emails=emails,
            now=self.now,
            lines=lines,
            inboxes=frozenset({settings["REFERRAL_RECIPIENT"]}),
            staff=frozenset({settings["ORGANISER_EMAIL"], settings["OPERATORS_EMAIL"]}),
        )

    def log_lines(self) -> list[str]:
        logs = {host.child.log for host in self.stack.hosts}
        return [line for log in logs for line in log.read_text("utf-8", errors="replace").splitlines()]


@contextmanager
def running_service(settings: Mapping[str, str] | None = None, *, hosts: int = 1) -> Iterator[Service]:
    """A service without sessions whose timer runs by hand."""
    chosen = {**BY_HAND, **NO_BUDGET, **(settings or {})}
    with running_stack(at=MORNING, hosts=hosts, settings=chosen, load=None) as stack, ExitStack() as running:
        stack.mail.settings({**_NO_LIMIT, "repeat": "duplicate"})
        yield Service(stack, running, stack.settings)


@contextmanager
def service_behind_doors(settings: Mapping[str, str] | None = None) -> Iterator[Service]:
    """The same with a door before each of its two accounts."""
    accounts = unused_accounts()
    with (
        behind_a_door(accounts, BOOKINGS) as (bookings, to_bookings),
        behind_a_door(accounts, REFERRALS) as (referrals, to_referrals),
        running_service(
            {
                "AzureWebJobsStorage": to_bookings,
                "BOOKINGS_STORAGE": to_bookings,
                "REFERRALS_STORAGE": to_referrals,
                **(settings or {}),
            }
        ) as service,
    ):
        direct = {
            "BOOKINGS_STORAGE": accounts.connection_string(),
            "REFERRALS_STORAGE": accounts.connection_string(REFERRALS),
        }
        service.stack = replace(service.stack, settings={**service.stack.settings, **direct})
        service.doors = {"bookings": bookings, "referrals": referrals}
        yield service
