"""Makes a listener of every queue and timer function that is not disabled."""

from pathlib import Path

from local.host.app.app import App
from local.host.app.functions import Function, QueueTrigger, TimerTrigger
from local.host.errors import HostStartError
from local.host.queues.listener import QueueListener
from local.host.queues.storage import Queue, Storage
from local.host.services import HostServices
from local.host.timers.ncrontab import Ncrontab
from local.host.timers.occurrences import StatusFile
from local.host.timers.timers import TimerListener

_POISON = "-poison"
_LONGEST_NAME = 63


class QueueWatchers:
    """Wakes the listeners of a queue."""

    def __init__(self) -> None:
        self._listeners: list[QueueListener] = []

    def add(self, listener: QueueListener) -> None:
        self._listeners.append(listener)

    def notify(self, queue: str) -> None:
        for listener in self._listeners:
            if listener.queue.name == queue:
                listener.wake()


def queue_listeners(app: App, storage: Storage, services: HostServices) -> list[QueueListener]:
    """Raises HostStartError for a connection that is missing; so it does for those of outputs."""
    listeners = []
    for function in app.functions:
        if function.disabled:
            continue
        for output in function.outputs:
            storage.queue(output.queue, output.connection)
        if isinstance(function.trigger, QueueTrigger):
            queues = _with_poison(function.trigger, storage)
            listeners.append(QueueListener(function, function.trigger, queues, app.hostfile.queues, services))
    return listeners


def timer_listeners(app: App, state_dir: Path | None, services: HostServices) -> dict[str, TimerListener]:
    """By the name of the function. Raises HostStartError for a schedule that is none."""
    return {
        function.name: TimerListener(
            function,
            function.trigger,
            _schedule(function, function.trigger),
            StatusFile(state_dir, function.name),
            services,
        )
        for function in app.functions
        if isinstance(function.trigger, TimerTrigger) and not function.disabled
    }


def _with_poison(trigger: QueueTrigger, storage: Storage) -> tuple[Queue, Queue | None]:
    queue = storage.queue(trigger.queue, trigger.connection)
    name = f"{trigger.queue}{_POISON}"
    has_poison = not trigger.queue.endswith(_POISON) and len(name) <= _LONGEST_NAME
    return queue, storage.queue(name, trigger.connection) if has_poison else None


def _schedule(function: Function, trigger: TimerTrigger) -> Ncrontab:
    try:
        return Ncrontab.parse(trigger.schedule)
    except ValueError as error:
        raise HostStartError(f"Function {function.name}: {error}.") from error
