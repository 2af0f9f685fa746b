"""The whole service on one machine: Azurite, the email emulator, the function host and one clock for all of them."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from azure.data.tables import TableClient

from local.clock import set_clock
from local.mail import Emulator
from local.paths import EXAMPLE_SESSIONS, ROOT
from local.process.child_process import Child, ChildFailedError
from local.process.ports import free_ports
from local.setup.keys import new_keys
from local.stack.azurite import Azurite, running_azurite
from local.stack.host_client import HostClient
from local.stack.processes import MailEmulatorProcess, Plan, running_host, running_mail, settings_of
from local.stack.sessions_csv import SESSIONS, insert_sessions, read_sessions
from local.stack.setting_checks import check_settings
from local.stack.shared_azurite import unused_accounts
from local.stack.tables_and_queues import create_storage

_SETTLING_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Stack:
    azurite: Azurite
    mail: Emulator
    hosts: tuple[HostClient, ...]
    settings: Mapping[str, str] = field(repr=False)
    clock_path: Path
    children: tuple[Child, ...]
    reports: bool = False

    @property
    def site(self) -> str:
        """The address of the first host, without a slash at its end."""
        return self.hosts[0].url

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(host.url for host in self.hosts)

    def check(self) -> None:
        """Raises ChildFailedError if any part of it has stopped."""
        for child in self.children:
            child.check()

    def set_clock(self, at: datetime, speed: float = 1.0) -> None:
        """Moves everyone's clock to `at` (aware) from this instant on."""
        set_clock(self.clock_path, at=at, speed=speed)

    def tick(self) -> None:
        """Runs the timer now and returns when it has ended. Raises FunctionFailedError."""
        self.hosts[0].run("schedule")

    def settle(self) -> None:
        """Returns when no host has anything running or waiting, and no delivery report is on its way.

        Raises ChildFailedError if that takes too long.
        """
        deadline = time.monotonic() + _SETTLING_SECONDS
        while not self._is_settled():
            self.check()
            if time.monotonic() > deadline:
                raise ChildFailedError(f"The function host is still busy after {_SETTLING_SECONDS:.0f}s.")

    def _is_settled(self) -> bool:
        if not self._are_idle():
            return False
        # A report that was just posted may have given a host something to do.
        return not self.reports or (self.mail.reports_under_way() == 0 and self._are_idle())

    def _are_idle(self) -> bool:
        return all(host.is_idle() for host in self.hosts)

    def log_text(self) -> str:
        """Everything that the hosts have logged."""
        return "".join(host.child.log_text() for host in self.hosts)


@contextmanager
def running_stack(  # noqa: PLR0913  # all by keyword, and every one has its default
    *,
    at: datetime,
    speed: float = 1.0,
    hosts: int = 1,
    settings: Mapping[str, str] | None = None,
    load: Path | None = EXAMPLE_SESSIONS,
    reports: bool = False,
) -> Iterator[Stack]:
    """Starts everything for a test, in memory, in a folder of its own, and stops it at the end, but for Azurite.

    Args:
        at: aware datetime at which the clock starts.
        speed: seconds of that clock in one real second.
        hosts: how many function hosts share the storage; only the first runs the timer, unless `settings` say of
            `AzureWebJobs.schedule.Disabled` which do.
        settings: put over what a local run has. Unless they say otherwise no clock that jumps over a night starts a
            backup.
        load: the sessions to load; None for an empty table.
        reports: whether the email emulator posts delivery reports to the first host.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        place, over = Path(folder), {"AzureWebJobs.back_up.Disabled": "true"} | dict(settings or {})
        plan = Plan(
            at=at,
            folder=place,
            keys=_keys_of_this_process(),
            speed=speed,
            hosts=hosts,
            settings=over,
            load=load,
            azurite=unused_accounts(),
            reports=reports,
            forks=True,
        )
        with started(plan) as stack:
            yield stack


@cache
def _keys_of_this_process() -> Mapping[str, str]:
    return new_keys()


@contextmanager
def started(plan: Plan) -> Iterator[Stack]:
    """Starts what the plan says and yields it when the timer has run for the first time; stops it in order.

    The clock shows the plan's moment when it yields, however long starting took.

    Raises:
        ChildFailedError: a part of it does not start.
        FunctionFailedError: the first tick did not succeed.
        InvalidSettingsError: the service cannot run with its settings.
    """
    _set_clock(plan, speed=1.0)
    mail_port, *ports = free_ports(1 + plan.hosts)
    ports = [plan.port or ports[0], *ports[1:]]
    with ExitStack() as running:
        mail = running.enter_context(running_mail(plan, mail_port))
        azurite = plan.azurite or running.enter_context(
            running_azurite(data=plan.data, log=plan.folder / "azurite.log")
        )
        settings = settings_of(plan, azurite, mail, f"http://127.0.0.1:{ports[0]}")
        if plan.app == ROOT:
            check_settings(settings)
        _load_sessions(settings, plan.load)
        hosts = tuple(
            running.enter_context(running_host(plan, number, port, settings)) for number, port in enumerate(ports)
        )
        children = (azurite.child, mail.child, *(host.child for host in hosts))
        stack = Stack(azurite, mail.client, hosts, settings, plan.clock, children, plan.reports)
        _wait_until_ready(stack, mail)
        if plan.reports:
            _send_reports(mail, hosts[0], settings)
        _set_clock(plan, speed=plan.speed)
        yield stack


def _send_reports(mail: MailEmulatorProcess, host: HostClient, settings: Mapping[str, str]) -> None:
    """Has the emulator report to the host, whichever of its two services the host sends with."""
    mail.client.settings(
        {
            "report_webhook": host.webhook("delivery_report"),
            "notify_callback": f"{host.url}/mail/notify-report",
            "notify_callback_token": settings["NOTIFY_CALLBACK_TOKEN"],
        }
    )


def _set_clock(plan: Plan, speed: float) -> None:
    set_clock(plan.clock, at=plan.at or datetime.now(UTC), speed=speed)


def _load_sessions(settings: Mapping[str, str], sessions: Path | None) -> None:
    create_storage(settings)
    with TableClient.from_connection_string(settings["BOOKINGS_STORAGE"], SESSIONS) as table:
        is_empty = next(iter(table.list_entities(results_per_page=1)), None) is None
        if sessions and is_empty:
            insert_sessions(table, read_sessions(sessions))


def _wait_until_ready(stack: Stack, mail: MailEmulatorProcess) -> None:
    mail.child.wait_until(mail.is_running)
    for host in stack.hosts:
        host.child.wait_until(host.is_running)
    stack.tick()
    stack.check()
