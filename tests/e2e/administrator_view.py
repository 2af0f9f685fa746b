"""Everything that an administrator reads who opens all but the key: tables, queues, logs, settings, others' email.

`SECRET` is what they do not have: the private key, in Azure a key in the vault that gives nobody its bytes.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from local.stack.stack import Stack
from tests.e2e.canaries import is_canary_in

SECRET = "REFERRAL_PRIVATE_KEY"
STORAGES = ("BOOKINGS_STORAGE", "REFERRALS_STORAGE")

# What differs between two referrals whoever sent them: their reference, what is made of it and of chance, and when.
_CHANCE = re.compile(
    r"[0-9a-f]{32}(?:-[0-9a-f]{32})?|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|/(?:acknowledge|collect)/[\w-]{32,}"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?:Z|\+00:00)?|Duration=\d+ms|\b\d+ ms\b"
)
_SEALED = ("Marker", "WordBack", "OwnWords")  # of chance, but for how long they are
_OF_THE_STORE = {"etag", "Timestamp", "odata.etag"}


def readable_texts(stack: Stack) -> dict[str, str]:
    """Everything that can be read, by where it stands."""
    found = {f"log of {child.name} {number}": child.log_text() for number, child in enumerate(stack.children)}
    found |= {f"setting {name}": value for name, value in stack.settings.items() if name != SECRET}
    found |= {"mail to others": json.dumps(mails_to_others(stack), ensure_ascii=False)}
    for storage in STORAGES:
        found |= {f"table {name}": _text(rows) for name, rows in tables(stack, storage)}
        found |= {f"queue {name}": _text(messages) for name, messages in queues(stack, storage)}
    return found


def locations_with_canaries(stack: Stack) -> set[str]:
    return {place for place, text in readable_texts(stack).items() if is_canary_in(text)}


def mails_to_others(stack: Stack) -> list[dict[str, Any]]:
    """Every email but those that the provider got, whole."""
    provider = stack.settings["REFERRAL_RECIPIENT"]
    return [mail for mail in stack.mail.messages() if mail["recipients"] != {"to": [{"address": provider}]}]


def tables(stack: Stack, storage: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    with TableServiceClient.from_connection_string(stack.settings[storage]) as service:
        for table in service.list_tables():
            yield table.name, [dict(row) for row in service.get_table_client(table.name).list_entities()]


def queues(stack: Stack, storage: str) -> Iterator[tuple[str, list[str]]]:
    with QueueServiceClient.from_connection_string(stack.settings[storage]) as service:
        for queue in service.list_queues():
            messages = service.get_queue_client(queue).peek_messages(32)
            yield str(queue.name), [str(message.content) for message in messages]


def traces(stack: Stack, reference: str, logged: list[str]) -> dict[str, list[str]]:
    """Everything that this referral left anywhere, by place, less its reference, chance and the time of day.

    `logged`: the lines that the host logged about it, whether they name it or not.
    """
    found: dict[str, list[str]] = {}
    for storage in STORAGES:
        for name, rows in tables(stack, storage):
            found[f"table {name}"] = [_shape(row, reference) for row in rows if reference in _text(row)]
    for child in stack.children:
        lines = [_plain(line, reference) for line in child.log_text().splitlines() if reference in line]
        found.setdefault(f"log of {child.name}", []).extend(sorted(set(lines)))
    found["log meanwhile"] = sorted(_plain(line, reference) for line in logged)
    found["mail"] = [_plain(_text(m["content"]), reference) for m in stack.mail.messages() if reference in _text(m)]
    return {place: each for place, each in found.items() if each}


def lines_with(stack: Stack, references: Iterable[str]) -> set[str]:
    """The lines of every log that have one of these references."""
    lines = (line for child in stack.children for line in child.log_text().splitlines())
    return {line for line in lines if any(each in line for each in references)}


def _shape(row: Mapping[str, Any], reference: str) -> str:
    """The cells of a row: of bytes and of what is sealed only how many, which is all that they tell without a key."""
    told = {name: f"{len(cell)} bytes" if isinstance(cell, bytes) else cell for name, cell in row.items()}
    told |= {name: f"{len(row[name])} characters" for name in _SEALED if name in row}
    return _plain(_text({name: told[name] for name in sorted(told.keys() - _OF_THE_STORE)}), reference)


def _plain(text: str, reference: str) -> str:
    return _CHANCE.sub("*", text.replace(reference, "REFERENCE"))


def _text(value: object) -> str:
    return json.dumps(value, default=_readable, ensure_ascii=False)


def _readable(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
