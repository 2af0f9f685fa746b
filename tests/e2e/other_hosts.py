"""Further hosts beside those of a stack, on the same storage: with other settings, other rights or another package."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from azure.storage.queue import generate_account_sas

from local.paths import ROOT
from local.process.ports import free_ports
from local.stack.host_client import HostClient
from local.stack.processes import Plan, running_host
from local.stack.stack import Stack
from tests.builders import MORNING


@contextmanager
def another_host(
    stack: Stack, settings: Mapping[str, str], folder: Path, clock: Path | None = None, app: Path = ROOT
) -> Iterator[HostClient]:
    """A second host on the same storage, at the same time or at that of the file `clock`; `app` is what it runs."""
    plan = Plan(at=MORNING, folder=folder, keys={}, app=app, forks=True)
    plan.clock.write_text((clock or stack.clock_path).read_text("utf-8"), "utf-8")
    with running_host(plan, 0, free_ports(1)[0], settings) as host:
        host.child.wait_until(host.is_running)
        yield host


def restricted(connection: str, permission: str) -> str:
    """The same account by a shared access signature for rows and messages that gives these rights and no others.

    `permission` is in the letters of Azure Storage: `r`ead, `a`dd, `u`pdate, `d`elete, `l`ist, `p`rocess.
    """
    parts = dict(part.split("=", 1) for part in connection.rstrip(";").split(";"))
    signature = generate_account_sas(
        parts["AccountName"],
        parts["AccountKey"],
        resource_types="sco",
        permission=permission,
        expiry=datetime(2100, 1, 1, tzinfo=UTC),
        services="qt",
    )
    endpoints = f"TableEndpoint={parts['TableEndpoint']};QueueEndpoint={parts['QueueEndpoint']}"
    return f"{endpoints};SharedAccessSignature={signature}"
