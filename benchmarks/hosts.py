"""Hosts in processes of their own, whose CPU time can be seen."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.storage import Storage
from local.clock import set_clock
from local.paths import ROOT
from local.process.ports import free_ports
from local.process.usage import Process
from local.stack.host_client import HostClient
from local.stack.processes import Plan, running_host

BASELINE = ROOT / "benchmarks" / "baseline"
NO_EMAILS = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("send_mail", "forward_referral")}
"""Settings of a host that leaves emails in the queue."""


def process_of(host: HostClient) -> Process:
    return Process(host.child.process.pid)


@contextmanager
def running_hosts(
    storage: Storage, folder: Path, number: int = 1, app: Path = ROOT, settings: Mapping[str, str] | None = None
) -> Iterator[Sequence[HostClient]]:
    """Starts so many hosts of an app on the storage, in the real time, and yields them when they answer."""
    place = folder / f"{app.name}-{free_ports(1)[0]}"
    plan = Plan(at=None, folder=place, keys={}, app=app)
    place.mkdir()
    set_clock(plan.clock, at=datetime.now(UTC), speed=1.0)
    own = storage.settings | dict(settings or {})
    with ExitStack() as running:
        hosts = [
            running.enter_context(running_host(plan, each, port, own | {"SITE_URL": f"http://127.0.0.1:{port}"}))
            for each, port in enumerate(free_ports(number))
        ]
        for host in hosts:
            host.child.wait_until(host.is_running)
        yield hosts
