"""The values of settings that are a choice of words."""

from enum import StrEnum


class Role(StrEnum):
    """The function app that this process is; `all` is both in one process, for a developer's machine."""

    WEB = "web"
    WORKER = "worker"
    ALL = "all"


class Delivery(StrEnum):
    """The form in which a referral reaches the provider: answers in the email, or a link to a page that shows them."""

    INLINE = "inline"
    LINK = "link"


class Support(StrEnum):
    """The two kinds of support, as `CLOSED` names them."""

    BOOKINGS = "bookings"
    ONE_TO_ONE = "one-to-one"


class FacilitatorList(StrEnum):
    """The list of attendees that facilitators receive: none, or their names."""

    NONE = "none"
    NAMES = "names"
