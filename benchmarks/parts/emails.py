"""P12 and P17: emails from the queue to their delivery reports, by an email service without limits."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from benchmarks.hosts import process_of, running_hosts
from benchmarks.measure import ROUNDS, Cost, Measure, median
from benchmarks.storage import Storage, filled_storage
from benchmarks.stored_rows import Filling, session_id, stored_booking
from benchmarks.ways import Booked, baseline_ways, median_cpu
from functions.queues import EMAILS, mail_message
from local.clock import set_clock
from local.mail import Emulator
from local.process.ports import free_ports
from local.stack.host_client import HostClient
from local.stack.processes import Plan, running_mail
from shared.bookings.model.email_ids import DueMail

MAILS = 24
"""In each round: the people of one session."""

_BOOKINGS = 40
_NO_LIMITS = {"per_minute": 0, "per_hour": 0, "status_per_minute": 0, "status_per_hour": 0}
_SETTINGS = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}


def measures(folder: Path) -> Iterator[Measure]:
    """Yields each figure. `folder` gets the logs."""
    filling = Filling(ROUNDS + 1, MAILS, confirmed_by_email=False)
    with (
        filled_storage(folder, "emails", filling, datetime.now(UTC)) as storage,
        _email_service(storage, folder) as emulator,
        running_hosts(storage, folder, settings=_SETTINGS | {"EMAIL_ENDPOINT": emulator.url}) as [host],
        baseline_ways(storage, folder) as baselines,
    ):
        emulator.settings(_NO_LIMITS | {"report_webhook": host.webhook("delivery_report")})
        ours, bare = list[Cost](), list[Booked]()
        for number in range(ROUNDS + 1):
            ours.append(_sent(storage, host, emulator, session_id(number)))
            bare.append(baselines["bare"].book(_BOOKINGS, session_id(number)))
        if len(emulator.messages()) != MAILS * (ROUNDS + 1):
            raise RuntimeError(f"{len(emulator.messages())} emails were sent")
    yield from _compared(ours[1:], bare[1:])  # the first warms up


def _compared(ours: list[Cost], bare: Sequence[Booked]) -> Iterator[Measure]:
    found = median(ours)
    yield Measure(name="P12 emails a minute", ours=round(60_000 / found.wall), budget=600, at_least=True)
    yield Measure(
        name="P17 an email, CPU of the host",
        ours=found.cpu,
        baseline=median_cpu(bare),
        baseline_name="bare",
        budget=2.5,
    )


@contextmanager
def _email_service(storage: Storage, folder: Path) -> Iterator[Emulator]:
    plan = Plan(at=None, folder=folder, keys=storage.settings)
    set_clock(plan.clock, at=datetime.now(UTC), speed=1.0)
    with running_mail(plan, free_ports(1)[0]) as service:
        service.child.wait_until(service.is_running)
        yield service.client


def _sent(storage: Storage, host: HostClient, emulator: Emulator, session: str) -> Cost:
    """The cost of each of the emails to one session's people, until all are sent and reported on."""
    connection, encoding = storage.settings["BOOKINGS_STORAGE"], TextBase64EncodePolicy()
    with QueueClient.from_connection_string(connection, EMAILS, message_encode_policy=encoding) as queue:
        for number in range(MAILS):
            _, key = stored_booking(number)
            queue.send_message(mail_message(DueMail(session, f"{key}-1-confirmation")))
    process = process_of(host)
    cpu, began = process.cpu(), time.perf_counter()
    while not (host.is_idle() and emulator.reports_under_way() == 0 and host.is_idle()):
        time.sleep(0.01)
    return Cost((time.perf_counter() - began) * 1000 / MAILS, (process.cpu() - cpu) / MAILS)
