"""The composition root: builds the services of this process once, on first use."""

import os
import threading
from datetime import UTC, datetime

from shared.composition.services import Services
from shared.config.offered import offered_kinds
from shared.config.settings import Role, Settings, Support
from shared.local_time import Clock
from shared.log_redaction import configure

__all__ = ["Role", "Services", "Support", "offered", "role", "services", "use_clock"]

_lock = threading.Lock()
_clock: Clock = lambda: datetime.now(UTC)  # noqa: E731  # a default that `use_clock` replaces
_services: Services | None = None


def use_clock(clock: Clock) -> None:
    """Replaces the real clock, for a process that runs at a simulated time. Call it before `services`.

    `clock` returns the present moment as an aware datetime in UTC.
    """
    global _clock  # noqa: PLW0603  # the one place where the process holds its clock
    _clock = clock


def role() -> Role:
    """The app that this process is, as its environment says: known before its settings are.

    Without a role, or with one that there is not, it is both; the settings then say what is wrong.
    """
    given = os.environ.get("SERVICE_ROLE", "").strip()
    return Role(given) if given in set(Role) else Role.ALL


def offered() -> frozenset[Support]:
    """The kinds of support of the content file, as the environment names it: known before the settings are read.

    Both if there is no such file; the settings or the content then say what is wrong.
    """
    return offered_kinds(os.environ.get("CONTENT_FILE", "").strip())


def services() -> Services:
    """The services of this process.

    Raises:
        SettingsError: settings are missing or cannot be used; it lists all of them.
    """
    global _services  # noqa: PLW0603  # the one place where the process holds what it has built
    with _lock:
        if _services is None:
            configure()
            _services = Services(Settings.from_environment(os.environ), _clock)
        return _services
