"""Looks for what nobody may read wherever it could lie: in cells, messages and files, as it is and out of base64.

Azurite keeps binary cells and the bodies of messages in base64, and its files hold one message right behind another.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from local.stack.stack import Stack

CANARIES = {
    "works_here": "yes",
    "full_name": "Canary-Nameself",
    "contact_by": ["email", "phone"],
    "email": "canary-address@canary-home.example",
    "phone": "07700 900 982",
    "message_ok": "no",
    "safe_contact_notes": "canary-times",
    "therapy_language": "Canarylanguage",
    "what_brings_you": "canary-story canary-secret",
    "consent_share": True,
}
"""A referral whose every answer would be noticed."""

# Of the number enough that no id or moment of chance looks like it: of six digits one in some megabytes does.
_CANARY = re.compile(rb"canary|7700.?900.?982", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{8,}")
_STORAGES = ("BOOKINGS_STORAGE", "REFERRALS_STORAGE")


def is_canary_in(data: bytes | str, unwrapped: int = 2) -> bool:
    """True if it can be read there, or after undoing base64 up to so many times."""
    raw = data if isinstance(data, bytes) else data.encode()
    if _CANARY.search(raw):
        return True
    return unwrapped > 0 and any(is_canary_in(inner, unwrapped - 1) for inner in _out_of_base64(raw))


def _out_of_base64(raw: bytes) -> Iterator[bytes]:
    for run in _BASE64.findall(raw.replace(b"-", b"+").replace(b"_", b"/")):
        for start in range(4):  # where one text ends and the next begins nothing says
            text = run[start:]
            whole = text[: len(text) - (len(text) % 4 == 1)]
            yield base64.b64decode(whole + b"=" * (-len(whole) % 4))


def tables_with_canaries(stack: Stack) -> set[str]:
    """The tables of both accounts that have one in a cell."""
    return {name for name, cell in _cells(stack) if is_canary_in(cell)}


def _cells(stack: Stack) -> Iterator[tuple[str, bytes | str]]:
    for storage in _STORAGES:
        with TableServiceClient.from_connection_string(stack.settings[storage]) as service:
            for table in service.list_tables():
                for row in service.get_table_client(table.name).list_entities():
                    for value in row.values():
                        yield table.name, value if isinstance(value, bytes) else str(value)


def queues_with_canaries(stack: Stack) -> set[str]:
    """The queues of both accounts with one in a message that can be seen."""
    found = set()
    for storage in _STORAGES:
        with QueueServiceClient.from_connection_string(stack.settings[storage]) as service:
            for queue in service.list_queues():
                messages = service.get_queue_client(queue).peek_messages(32)
                found |= {str(queue.name) for message in messages if is_canary_in(message.content)}
    return found


def files_with_canaries(folder: Path) -> set[str]:
    """The files below the folder with one in them, or in their own name, by name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in files if is_canary_in(path.name) or is_canary_in(_content(path))}


def _content(path: Path) -> bytes:
    """The file's content; none of one that Azurite has renamed since it was listed, as it does with each it writes."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
