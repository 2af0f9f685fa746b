"""The request that sends an email, and the checks that the service makes on it."""

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from local.mail.notify.errors import NotifyError

LARGEST_BODY = 2_000_000  # bytes
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}", re.ASCII)
_LONGEST_ADDRESS = 320
_PLACEHOLDERS = ("subject", "body")


def _address(text: str) -> str:
    local = text.rpartition("@")[0]
    if len(text) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(text) or ".." in local or local.startswith("."):
        raise ValueError("Not a valid email address")
    return text


class PostedEmail(BaseModel):
    """The body of `POST /v2/notifications/email`; nothing else may be in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email_address: Annotated[str, AfterValidator(_address)]
    template_id: UUID
    personalisation: dict[str, Any] = Field(default_factory=dict)
    reference: Annotated[str, Field(max_length=1000)] | None = None
    email_reply_to_id: UUID | None = None
    one_click_unsubscribe_url: Annotated[str, Field(pattern=r"^https://")] | None = None
    sanitise_content_for: list[str] | None = None
    scheduled_for: str | None = None

    def value(self, placeholder: str) -> str | None:
        """Returns what takes a placeholder's place: their names ignore case, blanks, `_` and `-`."""
        given = {re.sub(r"[\s_-]", "", name).lower(): value for name, value in self.personalisation.items()}
        return None if given.get(placeholder) is None else str(given[placeholder])


def read_posted(posted: Any) -> PostedEmail:
    """Checks the request against the schema.

    Raises:
        NotifyError: 400 `ValidationError`; it names the first offending property, never its value.
    """
    try:
        return PostedEmail.model_validate(posted)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise NotifyError(400, f"{place} {first['msg']}", "ValidationError") from None


def check_template(email: PostedEmail, template_id: str, reply_to_id: str) -> None:
    """Checks what belongs to the set-up of the service: one template, ((subject)) and ((body)), and one reply-to id.

    Raises:
        NotifyError: 400 `BadRequestError`.
    """
    if str(email.template_id) != template_id.lower():
        raise NotifyError(400, "Template not found")
    missing = [name for name in _PLACEHOLDERS if email.value(name) is None]
    if missing:
        raise NotifyError(400, f"Missing personalisation: {', '.join(missing)}")
    if email.email_reply_to_id is not None and str(email.email_reply_to_id) != reply_to_id.lower():
        words = f"email_reply_to_id {email.email_reply_to_id} does not exist in database for this service"
        raise NotifyError(400, words)


def check_size(email: PostedEmail) -> None:
    """Refuses an empty body and one that is too large.

    Raises:
        NotifyError: 400 `BadRequestError`.
    """
    body = email.value("body") or ""
    if not body.strip():
        raise NotifyError(400, "Your message is empty.")
    if len(body.encode()) > LARGEST_BODY:
        raise NotifyError(400, "Emails cannot be longer than 2000000 bytes.")
