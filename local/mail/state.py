"""The state of one running emulator."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime

from local.mail.faults import Faults
from local.mail.mailbox import Mailbox
from local.mail.notify.limits import Limits
from local.mail.notify.notifications import Notifications
from local.mail.quota import Quota
from local.mail.settings import EmulatorSettings

type Clock = Callable[[], datetime]


@dataclass(slots=True)
class Counters:
    """Requests seen since the start: every POST is either accepted (whatever it was answered) or refused."""

    send: int = 0
    send_accepted: int = 0
    send_refused: int = 0
    status: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(slots=True)
class Memory:
    mailbox: Mailbox = field(default_factory=Mailbox)
    faults: Faults = field(default_factory=Faults)
    counters: Counters = field(default_factory=Counters)
    sends: Quota = field(default_factory=Quota)
    statuses: Quota = field(default_factory=Quota)
    notifications: Notifications = field(default_factory=Notifications)
    limits: Limits = field(default_factory=Limits)


class State:
    """Settings and memory; `clock` shows aware UTC, and every moment that is stored comes from it."""

    def __init__(self, settings: EmulatorSettings, clock: Clock) -> None:
        self._initial = settings
        self.settings = settings
        self.clock = clock
        self.memory = Memory()

    def reset(self) -> None:
        """As it was at the start: no email, operation, fault or count, and the settings it was started with."""
        self.settings = self._initial
        self.memory = Memory()
