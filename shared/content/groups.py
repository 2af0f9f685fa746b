"""The copy about group sessions, and whom people ask about a booking."""

from typing import Annotated

from pydantic import Field

from shared.content.content_models import ContentModel, EmailText, PhoneText
from shared.installation.facts import USUAL_MINUTES


class GroupsContact(ContentModel):
    """The team that people ask about a booking, and when; `reply_within` counts working days, None until it is agreed.

    `team` stands in a sentence: "contact TEAM".
    """

    team: str
    email: EmailText
    phone: PhoneText
    hours: str
    reply_within: Annotated[int, Field(ge=1, le=60)] | None = None


class Groups(ContentModel):
    """Copy for group sessions; `open_theme` is the theme shown for a session without one.

    A session whose row names no length takes `minutes`.
    """

    name: str
    summary: str
    about: tuple[str, ...]
    open_theme: str
    place: str
    session_title: str
    minutes: Annotated[int, Field(ge=1, le=1_440)] = USUAL_MINUTES
    agreement: str
    contact: GroupsContact
