"""Hosts in processes of their own, whose CPU time, memory and connections can be seen. On Linux alone: in `/proc`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.storage import Storage
from local.clock import set_clock
from local.paths import ROOT
from local.process.ports import free_ports
from local.stack.host_client import HostClient
from local.stack.processes import Plan, running_host

BASELINE = ROOT / "benchmarks" / "baseline"
NO_EMAILS = {"AzureWebJobs.send_mail.Disabled": "true"}
"""Settings of a host that leaves emails in the queue."""

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that runs."""

    id: int

    def cpu(self) -> float:
        """Milliseconds of CPU since it began, in steps of ten."""
        user, system = Path(f"/proc/{self.id}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) * 1000 / _TICKS

    def memory(self) -> float:
        """Megabytes that it holds in memory."""
        status = Path(f"/proc/{self.id}/status").read_text("ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def connections(self) -> int:
        """Number of its sockets."""
        folder = Path(f"/proc/{self.id}/fd")
        return sum(_link(each).startswith("socket:") for each in folder.iterdir())


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


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""  # closed meanwhile
