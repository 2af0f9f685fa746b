"""A door between the service and one storage account, which a test shuts as an outage of Azure Storage does."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

from local.stack.azurite import Azurite

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_PIECE = 65536


class Outage(StrEnum):
    """What whoever connects meets."""

    NONE = ""
    REFUSED = "the connection is closed at once"
    BUSY = "every request is answered 503"


@dataclass
class Door:
    """Forwards connections to the ports of an account's services while there is no outage."""

    outage: Outage = Outage.NONE
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    def shut(self, outage: Outage) -> None:
        """From now on; a connection that is open breaks with its next request."""
        self.outage = outage

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        """Serves one connection to its end."""
        with suppress(OSError):
            if await self._is_open(reader, writer):
                there = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(self._forward(reader, there[1], writer), self._forward(there[0], writer, writer))
        writer.close()

    async def _is_open(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self.outage is Outage.BUSY:
            await reader.read(_PIECE)
            writer.write(_BUSY)
        return self.outage is Outage.NONE

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while (piece := await reader.read(_PIECE)) and self.outage is Outage.NONE:
                writer.write(piece)
                await writer.drain()
        writer.close()
        client.close()


@contextmanager
def behind_a_door(azurite: Azurite, account: str) -> Iterator[tuple[Door, str]]:
    """Yields the door and a connection string that leads through it to that account."""
    door, loop = Door(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="door", daemon=True)
    thread.start()
    text = azurite.connection_string(account)
    servers = []
    for port in (azurite.blob_port, azurite.queue_port, azurite.table_port):
        server = asyncio.run_coroutine_threadsafe(_listen(door, port), loop).result()
        servers.append(server)
        text = text.replace(f":{port}/", f":{server.sockets[0].getsockname()[1]}/")
    try:
        yield door, text
    finally:
        asyncio.run_coroutine_threadsafe(_close(servers), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(door: Door, port: int) -> asyncio.Server:
    return await asyncio.start_server(lambda reader, writer: door.serve(reader, writer, port), "127.0.0.1", 0)


async def _close(servers: list[asyncio.Server]) -> None:
    for each in servers:
        each.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
