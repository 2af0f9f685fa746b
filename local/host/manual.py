"""The call of a function that someone starts by hand."""

import json
from collections.abc import Mapping

from local.host.app.eventgrid import event_call
from local.host.app.functions import EventGridTrigger, Function, HttpTrigger, QueueTrigger, TimerTrigger
from local.host.app.runtime import Call
from local.host.clock import Clock
from local.host.queues.call import queue_call
from local.host.timers.timers import TimerListener, timer_call


class ManualCalls:
    """A timer gets the status that it has, a queue function the text as a message, an Event Grid one as an event."""

    def __init__(self, clock: Clock, timers: Mapping[str, TimerListener]) -> None:
        self._clock = clock
        self._timers = timers

    def __call__(self, function: Function, text: str | None) -> Call | None:
        """None for what cannot be run by hand: an HTTP function, or a message without text.

        Raises:
            ValueError: the text is no event.
        """
        match function.trigger:
            case TimerTrigger() as timer:
                listener = self._timers.get(function.name)
                return listener.call() if listener else timer_call(timer, None, self._clock())
            case QueueTrigger() as queue:
                return None if text is None else queue_call(queue, text.encode(), None)
            case EventGridTrigger() as event_grid:
                return event_call(event_grid, json.loads(text or ""))
            case HttpTrigger():
                return None
