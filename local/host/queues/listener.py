"""Watches one queue for its function: the rules of Microsoft's QueueListener and QueueProcessor."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from azure.core.exceptions import AzureError
from azure.storage.queue import QueueMessage

from local.host.app.functions import Function, QueueTrigger
from local.host.app.hostfile import QueueOptions
from local.host.clock import pause
from local.host.queues.backoff import Backoff
from local.host.queues.call import queue_call
from local.host.queues.storage import Encoding, LostMessageError, Queue
from local.host.services import HostServices

_log = logging.getLogger("functions.host")

_LEASE = timedelta(minutes=10)
_SHORTEST_POLL = timedelta(milliseconds=100)
# A fast clock makes leases short. Below this a busy machine would renew too late and run a message twice.
_SHORTEST_LEASE_SECONDS = 5


class QueueListener:
    """Takes messages, runs the function for each, and deletes, releases or poisons them.

    `poison` is None for a queue that is itself a poison queue: what fails there stays hidden until its lease ends,
    and is not run any more after `maxDequeueCount` times. Time spans of host.json are the clock's: at speed N they
    last an Nth.
    """

    def __init__(
        self,
        function: Function,
        trigger: QueueTrigger,
        queues: tuple[Queue, Queue | None],
        options: QueueOptions,
        services: HostServices,
    ) -> None:
        self.queue, self.poison = queues
        self._function = function
        self._trigger = trigger
        self._options = options
        self._encoding = Encoding(options.base64)
        self._clock = services.clock
        self._invocations = services.invocations
        self._notify = services.notify
        self._backoff = Backoff(_SHORTEST_POLL, options.max_polling_interval)
        self._wake = asyncio.Event()
        self._fetching = asyncio.Lock()
        self._handling: set[asyncio.Task[None]] = set()

    async def create(self) -> None:
        """Creates the queue if it is missing. Without storage it waits for a try of `listen`."""
        try:
            await self.queue.create()
        except AzureError as error:
            _log.warning("Queue %s cannot be created: %s", self.queue.name, type(error).__name__)

    def wake(self) -> None:
        """Looks into the queue at once."""
        self._wake.set()

    async def is_quiet(self) -> bool:
        """True if no message of the queue is visible and none is being handled here. Wakes the listener if not."""
        try:
            async with self._fetching:
                quiet = not self._handling and not await self.queue.has_visible()
        except AzureError:
            return False
        if not quiet:
            self.wake()
        return quiet

    async def listen(self) -> None:
        """Goes on until it is cancelled. What is being handled then is not touched by that."""
        while True:
            self._wake.clear()
            if await self._fetch():
                self._backoff.reset()
                await self._room()
            else:
                # However fast the clock runs, storage is asked no more often than Azure ever does.
                shortest = _SHORTEST_POLL.total_seconds() * self._clock.speed
                await pause(self._clock, max(self._backoff.next_seconds(), shortest), self._wake)

    async def _fetch(self) -> bool:
        async with self._fetching:
            try:
                messages = await self.queue.receive(self._options.batch_size, self._lease_seconds())
            except AzureError as error:
                _log.warning("Queue %s cannot be read: %s", self.queue.name, type(error).__name__)
                return False
            for message in messages:
                task = self._invocations.spawn(self._handle(message))
                self._handling.add(task)
                task.add_done_callback(self._handling.discard)
        return bool(messages)

    async def _room(self) -> None:
        while len(self._handling) > self._options.new_batch_threshold:
            await asyncio.wait(self._handling, return_when=asyncio.FIRST_COMPLETED)

    async def _handle(self, message: QueueMessage) -> None:
        try:
            if (message.dequeue_count or 0) > self._options.max_dequeue_count:
                await self._to_poison(message)
                return
            async with self._renewed(message):
                ok = await self._run(message)
            await self._complete(message, ok=ok)
        except LostMessageError:
            _log.debug("A message of queue %s was taken by another host or deleted", self.queue.name)
        except AzureError as error:
            _log.warning(
                "A message of queue %s could not be deleted or released: %s", self.queue.name, type(error).__name__
            )

    async def _run(self, message: QueueMessage) -> bool:
        try:
            body = self._encoding.decode(message.content)
            call = queue_call(self._trigger, body, message)
        except ValueError:
            _log.exception("A message of queue %s cannot be decoded", self.queue.name)
            return False
        return (await self._invocations.run(self._function, call)).ok

    async def _complete(self, message: QueueMessage, *, ok: bool) -> None:
        if ok:
            await self.queue.delete(message)
        elif self.poison is None:
            return
        elif (message.dequeue_count or 0) >= self._options.max_dequeue_count:
            await self._to_poison(message)
        else:
            await self.queue.hide(message, self._whole_seconds(self._options.visibility_timeout))

    async def _to_poison(self, message: QueueMessage) -> None:
        if self.poison is None:
            return
        _log.warning(
            "Message has reached MaxDequeueCount of %d. Moving message to queue '%s'.",
            self._options.max_dequeue_count,
            self.poison.name,
        )
        await self.poison.put(message.content)
        self._notify(self.poison.name)
        await self.queue.delete(message)

    @asynccontextmanager
    async def _renewed(self, message: QueueMessage) -> AsyncIterator[None]:
        stop = asyncio.Event()
        renewing = asyncio.create_task(self._renew(message, stop))
        try:
            yield
        finally:
            # Not cancelled: a renewal under way changes the pop receipt, which the next step needs.
            stop.set()
            await renewing

    async def _renew(self, message: QueueMessage, stop: asyncio.Event) -> None:
        while not await _is_set_within(stop, self._lease_seconds() / 2):
            try:
                message.pop_receipt = await self.queue.hide(message, self._lease_seconds())
            except LostMessageError:
                return
            except AzureError as error:
                _log.warning("A lease on queue %s was not renewed: %s", self.queue.name, type(error).__name__)

    def _lease_seconds(self) -> int:
        return max(self._whole_seconds(_LEASE), _SHORTEST_LEASE_SECONDS)

    def _whole_seconds(self, span: timedelta) -> int:
        """The span in real seconds: the service counts no less than one, and 0 stays 0."""
        return math.ceil(span.total_seconds() / self._clock.speed)


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
