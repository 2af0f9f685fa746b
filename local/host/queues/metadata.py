"""The trigger metadata of a queue message, as the host sends it to the worker."""

import json
from collections.abc import Iterator
from datetime import datetime

from local.host.app.runtime import Datum
from local.host.queues.newtonsoft import invariant_date, looks_like_json, parse, print_token


def queue_metadata(
    text: str | None,
    *,
    dequeue_count: int,
    times: dict[str, datetime | None],
    message_id: str | None,
    pop_receipt: str | None,
) -> dict[str, Datum]:
    """The fields that `func.QueueMessage` is filled from.

    The fields of a JSON body overwrite it, whatever their case: a body with `id` replaces the message's id. That is a
    known fault of Azure's host, kept so that it shows here first.

    Args:
        text: the decoded body; None when it is not text.
        dequeue_count: how often the message was taken, this time included.
        times: `ExpirationTime`, `InsertionTime`, `NextVisibleTime`, aware.
        message_id: None for a message that was never in a queue.
        pop_receipt: likewise.
    """
    metadata = {"DequeueCount": Datum(str(dequeue_count), "json")}
    metadata |= {name: Datum(json.dumps(moment.isoformat()), "json") for name, moment in times.items() if moment}
    texts = {"QueueTrigger": text, "Id": message_id, "PopReceipt": pop_receipt}
    metadata |= {name: Datum(value, "string") for name, value in texts.items() if value is not None}
    for name, datum in _fields(text or ""):
        known = next((key for key in metadata if key.lower() == name.lower()), name)
        metadata[known] = datum
    return metadata


def _fields(text: str) -> Iterator[tuple[str, Datum]]:
    if not looks_like_json(text):
        return
    try:
        body = parse(text, dates=False)
    except ValueError:
        return
    for name, value in body.items() if isinstance(body, dict) else ():
        match value:
            case None | list():
                continue
            case dict():
                yield name, Datum(json.dumps(value, ensure_ascii=False), "json")
            case str():
                yield name, Datum(invariant_date(value), "string")
            case _:
                yield name, Datum(print_token(value), "string")
