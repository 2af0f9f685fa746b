"""What a person says when referring themselves."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from shared.contact import Agreed, EmailAddress, FullName, PhoneNumber, SubmissionId, free_text, one_line

WHAT_BRINGS_YOU_LENGTH = 4000


class ContactBy(StrEnum):
    """A way in which the provider may get in touch."""

    EMAIL = "email"
    PHONE = "phone"
    TEXT = "text"


BY_NUMBER = frozenset({ContactBy.PHONE, ContactBy.TEXT})


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ReferralRequest(BaseModel):
    """The answers of one referral. Nothing of it is ever stored or logged unsealed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    full_name: FullName
    contact_by: Annotated[tuple[ContactBy, ...], BeforeValidator(_listed), Field(min_length=1)]
    email: Annotated[EmailAddress | None, Field(validate_default=True)] = None
    phone: Annotated[PhoneNumber | None, Field(validate_default=True)] = None
    therapy_language: Annotated[str, one_line(60, "Select the language you would like to use", "Language")]
    what_brings_you: Annotated[str, free_text(WHAT_BRINGS_YOU_LENGTH, "What brings you here")] = ""
    consent_share: Agreed
    submission_id: SubmissionId | None = None

    @field_validator("email")
    @classmethod
    def _has_the_address_that_mail_needs(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and ContactBy.EMAIL in info.data.get("contact_by", ()):
            raise PydanticCustomError("email_missing", "Enter your email address")
        return value

    @field_validator("phone")
    @classmethod
    def _has_the_number_that_calls_need(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and BY_NUMBER & set(info.data.get("contact_by", ())):
            raise PydanticCustomError("phone_missing", "Enter your phone number")
        return value
