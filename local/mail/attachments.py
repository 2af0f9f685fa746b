"""Attachments: the types that are allowed, and their decoding.

Rule: learn.microsoft.com/azure/communication-services/concepts/email/email-attachment-allowed-mime-types. Its answer to
a type with parameters (`text/calendar; method=REQUEST`) is not documented; refused here, to be safe.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from local.mail.errors import InvalidMessageError

_OFFICE = (
    "application/msword",
    "application/onenote",
    "application/rtf",
    "application/vnd.ms-excel",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.ms-outlook",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "application/vnd.ms-powerpoint.slideshow.macroenabled.12",
    "application/vnd.ms-publisher",
    "application/vnd.ms-word.document.macroenabled.12",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.visio",
)
_ARCHIVES = (
    "application/gzip",
    "application/x-7z-compressed",
    "application/x-rar-compressed",
    "application/x-tar",
    "application/zip",
)
_DOCUMENTS = (
    "application/epub+zip",
    "application/json",
    "application/pdf",
    "application/xml",
    "text/calendar",
    "text/csv",
    "text/plain",
)
_IMAGES = ("image/bmp", "image/gif", "image/jpeg", "image/png", "image/svg+xml", "image/tiff", "image/webp")
_ICONS = ("image/vnd.microsoft.icon",)
_FONTS = ("application/vnd.ms-fontobject", "font/otf", "font/ttf", "font/woff", "font/woff2")
_SOUNDS = (
    "application/ogg",
    "audio/aac",
    "audio/midi",
    "audio/mpeg",
    "audio/ogg",
    "audio/opus",
    "audio/wav",
    "audio/webm",
    "audio/x-ms-wma",
)
_FILMS = (
    "video/3gpp",
    "video/3gpp2",
    "video/mp4",
    "video/mpeg",
    "video/ogg",
    "video/webm",
    "video/x-ms-wmv",
    "video/x-msvideo",
)
ALLOWED_TYPES = frozenset((*_OFFICE, *_ARCHIVES, *_DOCUMENTS, *_IMAGES, *_ICONS, *_FONTS, *_SOUNDS, *_FILMS))


class PostedAttachment(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def content_in_base64(self) -> str: ...
    @property
    def content_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content_type: str
    content: bytes


def open_attachments(
    posted: Sequence[PostedAttachment], *, suppress_invalid: bool, allow_repeated_ids: bool
) -> tuple[Attachment, ...]:
    """Decodes the attachments of a message.

    Args:
        posted: as they came.
        suppress_invalid: header `x-ms-acsemail-suppress-invalid-attachment`: leave bad ones out instead of refusing.
        allow_repeated_ids: header `x-ms-acsemail-ignore-duplicate-content-id`.

    Raises:
        InvalidMessageError: a type that is not allowed, bad base64, or two with one content id.
    """
    if not allow_repeated_ids:
        _refuse_repeated_ids(posted)
    opened = [_open(item) for item in posted]
    for position, attachment in enumerate(opened):
        if attachment is None and not suppress_invalid:
            raise InvalidMessageError(f"attachments[{position}]")
    return tuple(attachment for attachment in opened if attachment)


def _refuse_repeated_ids(posted: Sequence[PostedAttachment]) -> None:
    ids = [item.content_id for item in posted if item.content_id]
    if len(ids) != len(set(ids)):
        raise InvalidMessageError("attachments", "Duplicate content id found in attachments.")


def _open(posted: PostedAttachment) -> Attachment | None:
    if posted.content_type.lower() not in ALLOWED_TYPES:
        return None
    try:
        content = base64.b64decode(posted.content_in_base64, validate=True)
    except ValueError:
        return None
    return Attachment(posted.name, posted.content_type, content) if content and posted.name.strip() else None
