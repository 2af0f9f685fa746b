"""The values of settings that are a choice of words."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """The function app that this process is; `all` is both in one process, for a developer's machine."""

    WEB = "web"
    WORKER = "worker"
    ALL = "all"


class MailService(StrEnum):
    """The email service: GOV.UK Notify, or Azure Communication Services."""

    NOTIFY = "notify"
    ACS = "acs"


QUOTAS: Mapping[MailService, tuple[int, int]] = {MailService.NOTIFY: (3000, 10_000), MailService.ACS: (30, 100)}
"""Emails that each allows in a minute and in an hour; of Notify the 250,000 of a day, spread over its hours."""


class Delivery(StrEnum):
    """The form in which a referral reaches the provider.

    Answers in the email; a link to a page that shows them; or a link to a file that only the provider's keys open.
    """

    INLINE = "inline"
    LINK = "link"
    SEALED = "sealed"


class Support(StrEnum):
    """The two kinds of support, as `CLOSED` names them."""

    BOOKINGS = "bookings"
    ONE_TO_ONE = "one-to-one"


class Attendance(StrEnum):
    """The record of who came to a session: nothing, a number for each session, or each person who booked."""

    NONE = "none"
    COUNT = "count"
    NAMES = "names"


class FacilitatorList(StrEnum):
    """The list of attendees that facilitators receive: none, or their names."""

    NONE = "none"
    NAMES = "names"


class FeedbackEmails(StrEnum):
    """The emails after a session to those who had a place, with the link of its row for feedback: none, or one each."""

    NO = "no"
    YES = "yes"
