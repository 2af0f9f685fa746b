"""Every email of the service, with made-up facts, for screenshots and browser tests."""

from collections.abc import Iterator, Mapping

from shared.content.content import Content
from shared.mail.message import EmailMessage
from shared.mail.renderer import MailRenderer

_SITE = "https://staff-support.example.nhs.uk"
_WHEN = {"starts": "Friday 8 September 2023, 3pm", "when": "Friday 8 September 2023, 3pm to 4:15pm"}
_WHERE = {"place": "Room 4, Example House", "also_online": True}
_SESSION = _WHEN | _WHERE | {"title": "Group reflective practice session", "theme": "Belonging at work"}
_TOKEN = "Ab3_-xyz0123456789"
_OWN = {
    "manage_url": f"{_SITE}/manage/{_TOKEN}",
    "calendar_url": f"{_SITE}/calendar/{_TOKEN}",
    "privacy_url": f"{_SITE}/privacy",
}
_WEB_CALENDARS = {
    "outlook_url": "https://outlook.office.com/calendar/deeplink/compose?path=/calendar/action/compose&rru=addevent"
    "&subject=Staff%20session&location=Online&startdt=2023-09-08T14:00:00Z&enddt=2023-09-08T15:15:00Z",
    "google_url": "https://calendar.google.com/calendar/render?action=TEMPLATE&text=Staff%20session&location=Online"
    "&dates=20230908T140000Z/20230908T151500Z",
}
_PLACE = (
    _SESSION
    | _OWN
    | _WEB_CALENDARS
    | {"reference": "34679CDF", "join_url": "https://teams.example/join/1", "confirmed": True}
    | {"is_online": True, "awaits_link": False, "note": "Please use the side door."}
)
_NO_PLACE = _PLACE | {"join_url": "", "confirmed": False, "note": ""}
_PARTING = _WHEN | _OWN | {"sessions_url": f"{_SITE}/sessions"}
_REMINDERS = {"reminders_held": False, "reminders": ["Thursday 7 September 2023, 3pm", "Friday 8 September 2023, 2pm"]}
_REFERRAL: dict[str, object] = {
    "sealed": False,
    "reference": "34679CDF",
    "received_on": "Friday 1 September 2023",
    "contact_by": "Friday 15 September 2023",
    "link_url": f"{_SITE}/acknowledge/{_TOKEN}",
}
_SEALED = _REFERRAL | {"sealed": True}
_REMINDED = _REFERRAL | {
    "sent_on": "Friday 1 September 2023",
    "inline": True,
    "opened_on": "",
    "erased_on": "Sunday 1 October 2023",
}

FACTS: Mapping[str, Mapping[str, object]] = {
    "confirmation": _PLACE | _REMINDERS | {"moved": False, "waited": False, "left_calendar_url": ""},
    "prove": _NO_PLACE
    | {"held": True, "held_until": "Saturday 2 September 2023, 9am", "yields_from": "Friday 1 September 2023, 11am"}
    | {"kept_until": "Thursday 7 September 2023, 3pm"},
    "unheld": _NO_PLACE | {"kept_until": "Thursday 7 September 2023, 3pm"},
    "checking": _NO_PLACE | {"deadline": "Tuesday 5 September 2023, 9am"},
    "waiting": _NO_PLACE
    | {"position": 3, "cutoff": "Thursday 7 September 2023, 3pm", "left_calendar_url": f"{_SITE}/calendar/{_TOKEN}"},
    "reminder": _PLACE,
    "again": _PLACE | {"state": "confirmed", "other_name": True, "unproven": False},
    "combined": {
        "privacy_url": f"{_SITE}/privacy",
        "bookings": [
            _PLACE | {"kind": "confirmation"},
            _NO_PLACE | {"kind": "waiting", "position": 3, "cutoff": "Thursday 7 September 2023, 3pm"},
        ],
    },
    "updated": _PLACE | _REMINDERS | {"changes": ["moved", "place", "note"], "ends": "4:15pm"},
    "cancelled": _PARTING,
    "gone": _PARTING,
    "released": _PARTING,
    "cutoff": _NO_PLACE | {"sessions_url": f"{_SITE}/sessions"},
    "unplaced": _PARTING,
    "feedback": _WHEN | _OWN | {"feedback_url": "https://forms.example/feedback/1"},
    "organiser": {"alerts": [("Session 2023-09-08-1500", "Capacity is empty")], "more": True},
    "organiser-list": _SESSION
    | {"session_id": "2023-09-08-1500", "capacity": 12, "waiting": 2, "unproven": 1, "needs": 2}
    | {"confirmed": ["Zoë Okafor (34679CDF)"], "to_check": ["Cem Example (CDF34679)"]},
    "facilitators": _SESSION
    | {"confirmed": 9, "to_check": 1, "waiting": 2, "capacity": 12}
    | {"adjustments": [("A person", "Captions, please")], "names": ["Zoë Okafor"]},
    "referral": _REFERRAL | {"answers": [("Name", "Zoë Okafor"), ("What brings them here", "One line.\nأشعر بالتعب.")]},
    "operators": {"referrals": [("34679CDF", "Received Friday 1 September 2023.")], "failing": True, "opened": 2},
    "operators-uncollected": {"referrals": [("34679CDF", "Deleted on Thursday 30 November 2023.")]},
    "operators-test": {"reference": "34679CDF"},
    "referral-link": _REFERRAL,
    "referral-sealed": _SEALED,
    "referral-withdrawn": {"reference": "34679CDF", "received_on": "Friday 1 September 2023"},
    "referral-new-link": _REFERRAL | {"sent_on": "Friday 1 September 2023", "inline": False, "days": 60},
    "referral-reminder": _REMINDED | {"operators": "operators@example.nhs.uk"},
    "referral-batch": {"referrals": [_REFERRAL] * 3},
    "referral-reminders": {"referrals": [_REMINDED] * 2, "operators": "operators@example.nhs.uk"},
}


def sample_mails(content: Content) -> Iterator[tuple[str, EmailMessage]]:
    """The name of each template, and an email made with it."""
    renderer = MailRenderer(content)
    for template, facts in FACTS.items():
        yield template, renderer.render(template, to="zoe@example.nhs.uk", **facts)
