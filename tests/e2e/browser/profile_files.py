"""Looks for a text in the files of a browser's profile: as it is, in UTF-16 as session files hold it, and out of gzip.

A text is long and random, and is looked for in thirds: a file that compresses or cuts it still holds one of them.
"""

import secrets
import string
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_GZIP = b"\x1f\x8b\x08"


def random_word() -> str:
    """24 letters that nothing else holds; a name and an email address may have them."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(24)).capitalize()


def files_holding(folder: Path, words: Iterable[str]) -> dict[str, set[str]]:
    """The files below the folder, by path, that hold one of these words, each with the words found."""
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*"):
        if path.is_file() and (held := _held(path.read_bytes(), words)):
            found[path.relative_to(folder).as_posix()] = held
    return found


def _held(raw: bytes, words: Iterable[str]) -> set[str]:
    texts = [raw, *_unzipped(raw)]
    return {word for word in words if any(piece in text for text in texts for piece in _pieces(word))}


def _pieces(word: str) -> list[bytes]:
    third = max(8, len(word) // 3)
    parts = [word[at : at + third] for at in range(0, len(word) - third + 1, third)]
    return [part.encode(coding) for part in parts for coding in ("utf-8", "utf-16-le")]


def _unzipped(raw: bytes) -> list[bytes]:
    """What was compressed with gzip, wherever it begins: a cache keeps an answer as it came."""
    texts, at = [], raw.find(_GZIP)
    while at >= 0:
        with suppress(zlib.error):  # three bytes may only look like a beginning
            texts.append(zlib.decompressobj(31).decompress(raw[at:]))
        at = raw.find(_GZIP, at + 1)
    return texts
