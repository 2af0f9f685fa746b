"""The call of a queue function, for a message or for a text that someone gave by hand."""

from datetime import UTC, datetime

from azure.storage.queue import QueueMessage

from local.host.app.functions import QueueTrigger
from local.host.app.runtime import Call, Datum
from local.host.queues.metadata import queue_metadata


def queue_call(trigger: QueueTrigger, body: bytes, message: QueueMessage | None) -> Call:
    """The call for a message, or, with None, for a text that never was in a queue. Raises ValueError if not UTF-8."""
    text = body.decode("utf-8", errors="strict" if not trigger.binary else "ignore")
    far = datetime.max.replace(tzinfo=UTC)
    metadata = queue_metadata(
        text,
        dequeue_count=(message.dequeue_count or 0) if message else 0,
        times={
            "ExpirationTime": message.expires_on if message else far,
            "InsertionTime": message.inserted_on if message else datetime.now(UTC),
            "NextVisibleTime": message.next_visible_on if message else far,
        },
        message_id=message.id if message else None,
        pop_receipt=message.pop_receipt if message else None,
    )
    datum = Datum(body, "bytes") if trigger.binary else Datum(text, "string")
    return Call([(trigger.param, datum)], metadata)
