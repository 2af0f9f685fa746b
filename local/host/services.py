"""Services of the host that every listener needs."""

from collections.abc import Callable
from dataclasses import dataclass

from local.host.clock import Clock
from local.host.invocations import Invocations


@dataclass(frozen=True, slots=True)
class HostServices:
    """`notify` is told the name of a queue that got a message, and wakes who listens to it."""

    clock: Clock
    invocations: Invocations
    notify: Callable[[str], None]
