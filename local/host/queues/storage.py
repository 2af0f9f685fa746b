"""Storage queues, spoken to through Microsoft's SDK."""

import asyncio
import base64
import binascii
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import LinearRetry, QueueClient, QueueMessage, QueueServiceClient

from local.host.app.appsettings import AppSettings
from local.host.errors import HostStartError

_THREADS = 16


class LostMessageError(Exception):
    """Someone else has the message by now, or it is gone."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Encoding of a message's bytes as the text in the queue: host.json's `messageEncoding`."""

    base64: bool

    def encode(self, body: str | bytes) -> str:
        data = body.encode() if isinstance(body, str) else body
        return base64.b64encode(data).decode("ascii") if self.base64 else data.decode()

    def decode(self, content: str) -> bytes:
        """Raises ValueError for text that is not base64."""
        if not self.base64:
            return content.encode()
        try:
            return base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise ValueError("the message is not base64") from error


class Queue:
    """One queue. Its calls run in threads, because the SDK's own asynchronous client needs one more package."""

    def __init__(self, client: QueueClient, threads: ThreadPoolExecutor) -> None:
        self.name = str(client.queue_name)
        self._client = client
        self._threads = threads

    async def create(self) -> None:
        """Creates it if it is missing."""
        with suppress(ResourceExistsError):
            await self._call(self._client.create_queue)

    async def receive(self, count: int, lease_seconds: int) -> list[QueueMessage]:
        """Takes up to that many visible messages and hides them. A missing queue is created; it has none."""
        client = self._client
        try:
            return await self._call(
                lambda: list(client.receive_messages(max_messages=count, visibility_timeout=lease_seconds))[:count]
            )
        except ResourceNotFoundError:
            await self.create()
            return []

    async def has_visible(self) -> bool:
        try:
            return bool(await self._call(lambda: self._client.peek_messages(max_messages=1)))
        except ResourceNotFoundError:
            return False

    async def put(self, content: str) -> None:
        """Adds a message, already encoded; it lives for the service's default of 7 days. Creates a missing queue."""
        try:
            await self._call(lambda: self._client.send_message(content))
        except ResourceNotFoundError:
            await self.create()
            await self._call(lambda: self._client.send_message(content))

    async def hide(self, message: QueueMessage, seconds: int) -> str | None:
        """Hides a message from now for that long, 0: shows it, and returns its new pop receipt."""
        updated = await self._owned(lambda: self._client.update_message(message, visibility_timeout=seconds))
        return updated.pop_receipt

    async def delete(self, message: QueueMessage) -> None:
        await self._owned(lambda: self._client.delete_message(message))

    async def _owned[T](self, call: Callable[[], T]) -> T:
        try:
            return await self._call(call)
        except HttpResponseError as error:
            # 404: gone; 400: the pop receipt is another taker's; 409: the queue is being deleted.
            if error.status_code in {400, 404, 409}:
                raise LostMessageError from error
            raise

    async def _call[T](self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


class Storage:
    """The queues of every account that the app's connections name."""

    def __init__(self, settings: AppSettings, encoding: Encoding) -> None:
        self.encoding = encoding
        self._settings = settings
        self._threads = ThreadPoolExecutor(_THREADS, "storage")
        self._services: dict[str, QueueServiceClient] = {}
        self._queues: dict[tuple[str, str], Queue] = {}

    def queue(self, name: str, connection: str | None) -> Queue:
        """Raises HostStartError when the connection or the name is of no use. Speaks to no one yet."""
        text = self._settings.connection_string(connection)
        if (text, name) not in self._queues:
            self._queues[text, name] = Queue(self._service(text, connection).get_queue_client(name), self._threads)
        return self._queues[text, name]

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for service in self._services.values():
            service.close()

    def _service(self, text: str, connection: str | None) -> QueueServiceClient:
        if text not in self._services:
            retry = LinearRetry(backoff=1, retry_total=2, random_jitter_range=0)
            try:
                self._services[text] = QueueServiceClient.from_connection_string(text, retry_policy=retry)
            except ValueError as error:
                name = connection or "AzureWebJobsStorage"
                raise HostStartError(f"The setting {name} is not a storage connection string.") from error
        return self._services[text]
