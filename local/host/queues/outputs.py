"""Sends what functions gave to their output bindings, once they have returned."""

from collections.abc import Callable, Mapping

from local.host.app.functions import Function, QueueOutput
from local.host.app.runtime import Datum, RunResult
from local.host.queues.messages import messages_of
from local.host.queues.storage import Storage


class Outputs:
    """`on_put` hears the name of every queue that got a message, so that a listener of this host can look at once."""

    def __init__(self, storage: Storage, on_put: Callable[[str], None]) -> None:
        self._storage = storage
        self._on_put = on_put

    async def send(self, function: Function, result: RunResult) -> None:
        """Raises whatever keeps a message from being sent. Those before it stay sent, as in Azure."""
        for output in function.outputs:
            await self._send(output, _value_of(output, result))

    async def _send(self, output: QueueOutput, value: Datum | None) -> None:
        queue = self._storage.queue(output.queue, output.connection)
        for message in messages_of(value):
            await queue.put(self._storage.encoding.encode(message))
            self._on_put(queue.name)


def _value_of(output: QueueOutput, result: RunResult) -> Datum | None:
    outputs: Mapping[str, Datum] = result.outputs
    return result.returned if output.param == "$return" else outputs.get(output.param)
