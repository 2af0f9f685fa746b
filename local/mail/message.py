"""The message that `emails:send` takes, api-version 2025-09-01, and the checks that the service makes on it.

Unknown properties are refused, which the service does not promise to do: here a misspelt `replyTo` shows at once.
"""

import re
from collections.abc import Collection
from typing import Annotated, Any, Self

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from local.mail.errors import InvalidMessageError, ServiceError

MAX_RECIPIENTS = 50
MAX_REQUEST_BYTES = 10 * 1024 * 1024
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>")


def _syntactic(address: str) -> str:
    # A test environment: addresses under `.test` are what a local run is about. Letters beyond ASCII before the @
    # are refused: nothing says that the service takes them.
    try:
        validate_email(address, check_deliverability=False, test_environment=True, allow_smtputf8=False)
    except EmailNotValidError:
        raise PydanticCustomError("address", "Invalid format for email address") from None
    return address


def _single_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise PydanticCustomError("line_break", "must be a single line")
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return text


type Address = Annotated[str, AfterValidator(_syntactic)]
type Line = Annotated[str, AfterValidator(_single_line)]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


class EmailAddress(_Part):
    address: Address
    display_name: Line | None = None


class Content(_Part):
    subject: Annotated[Line, AfterValidator(_filled)]
    plain_text: str | None = None
    html: str | None = None

    @model_validator(mode="after")
    def _has_a_body(self) -> Self:
        if not (self.plain_text or "").strip() and not (self.html or "").strip():
            raise PydanticCustomError("blank", "plainText or html is required")
        return self


class Recipients(_Part):
    to: list[EmailAddress]
    cc: list[EmailAddress] | None = None
    bcc: list[EmailAddress] | None = None

    @property
    def everyone(self) -> list[str]:
        return [one.address for one in (*self.to, *(self.cc or ()), *(self.bcc or ()))]

    @model_validator(mode="after")
    def _are_one_to_fifty(self) -> Self:
        if not 1 <= len(self.everyone) <= MAX_RECIPIENTS:
            raise PydanticCustomError("recipients", "1 to 50 recipients")
        return self


class PostedFile(_Part):
    name: Line
    content_type: str
    content_in_base64: str = Field(alias="contentInBase64")
    content_id: str | None = None


class EmailMessage(_Part):
    """`importance` is of older api versions, and ignored."""

    sender_address: Address
    content: Content
    recipients: Recipients
    attachments: list[PostedFile] | None = None
    headers: dict[Line, Line] | None = None
    reply_to: list[EmailAddress] | None = None
    user_engagement_tracking_disabled: bool | None = None
    importance: str | None = None

    def header(self, name: str) -> str | None:
        matches = (value for key, value in (self.headers or {}).items() if key.lower() == name.lower())
        return next(matches, None)

    def asks_for(self, name: str) -> bool:
        return (self.header(name) or "").lower() == "true"

    @property
    def message_id(self) -> str | None:
        """The internet message id that came with it, if it is well formed: `<guid@domain.com>`."""
        given = self.header("Message-ID") or ""
        return given if _MESSAGE_ID.fullmatch(given) else None


def read_message(posted: Any, senders: Collection[str]) -> EmailMessage:
    """Checks a message.

    Args:
        posted: the request's JSON.
        senders: the addresses that may send; letter case does not matter.

    Raises:
        InvalidMessageError: 400, names the first offending property, never its value.
        ServiceError: 404 `DomainNotLinked`, the sender's domain is not linked.
    """
    try:
        message = EmailMessage.model_validate(posted)
    except ValidationError as error:
        raise _refusal(error) from None
    _check_sender(message.sender_address, senders)
    return message


def _refusal(error: ValidationError) -> InvalidMessageError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"]).lstrip(".")
    own_words = f"{first['msg']}" if first["type"] == "address" and place != "senderAddress" else None
    return InvalidMessageError(place, own_words)


def _check_sender(address: str, senders: Collection[str]) -> None:
    known = {sender.lower() for sender in senders}
    if address.lower() in known:
        return
    domain = address.lower().rpartition("@")[2]
    if domain in {sender.rpartition("@")[2] for sender in known}:
        words = "Invalid email sender username. Please use a username from the list of valid usernames."
        raise ServiceError(400, words, code="InvalidSenderUserName", target="senderAddress")
    raise ServiceError(404, "The specified sender domain has not been linked.", code="DomainNotLinked")
