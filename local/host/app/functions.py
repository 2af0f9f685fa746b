"""A function as the host knows it: its trigger, its outputs, its retry policy."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class AuthLevel(StrEnum):
    ANONYMOUS = "ANONYMOUS"
    FUNCTION = "FUNCTION"
    ADMIN = "ADMIN"
    SYSTEM = "SYSTEM"  # asked for by webhooks only


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """`methods` is None when the function takes every method."""

    param: str
    route: str
    methods: frozenset[str] | None
    level: AuthLevel


@dataclass(frozen=True, slots=True)
class QueueTrigger:
    param: str
    queue: str
    connection: str | None
    binary: bool


@dataclass(frozen=True, slots=True)
class TimerTrigger:
    param: str
    schedule: str
    run_on_startup: bool
    use_monitor: bool


@dataclass(frozen=True, slots=True)
class EventGridTrigger:
    param: str
    many: bool


type Trigger = HttpTrigger | QueueTrigger | TimerTrigger | EventGridTrigger


@dataclass(frozen=True, slots=True)
class QueueOutput:
    """`param` is `$return` when the function's return value is the message."""

    param: str
    queue: str
    connection: str | None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The delay grows from `shortest` to `longest`, or is fixed when they are equal. -1 retries: without end."""

    retries: int
    shortest: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    id: str
    trigger: Trigger
    outputs: tuple[QueueOutput, ...] = ()
    retry: RetryPolicy | None = None
    disabled: bool = False
