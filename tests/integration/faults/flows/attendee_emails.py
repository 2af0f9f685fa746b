"""Each kind of email to attendees, by each email service: the queue names it, and `send_mail` sends it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.bookings.model.email_ids import MailId, MailKind
from tests.builders import session_cells
from tests.integration.faults import people
from tests.integration.faults.flows import bookings
from tests.integration.faults.flows.flow import HAS_IT, Flow, Tables, deliver, post
from tests.integration.faults.installation import Facts, Installation, Message, Prepare

type Story = Callable[[Installation], object]

DELIVERY = {"acs": "inline", "notify": "link"}  # no answers are emailed through GOV.UK Notify


def named(before: Story, kind: MailKind) -> Prepare:
    """A message that names an email of this kind is the next to be delivered; its facts are those of the message."""

    def prepare(app: Installation) -> Facts:
        before(app)
        found = next(each for each in app.queue if _kind(each) is kind)
        app.queue.remove(found)
        app.queue.appendleft(found)
        return dict(json.loads(found.body))

    return prepare


def _kind(message: Message) -> MailKind | None:
    mail_id = MailId.parse(json.loads(message.body).get("mail", ""))
    return mail_id.kind if mail_id else None


def is_sent(tables: Tables, facts: Facts) -> bool:
    """True if the email service has the email that the message named."""
    return tables["MailLog"].get((facts["session"], facts["mail"]), {}).get("State") in HAS_IT


def confirmation(app: Installation) -> None:
    app.reach(bookings.sessions)
    people.book(app, "ann")


def _place_on_the_list(app: Installation) -> None:
    app.reach(bookings.full)
    people.book(app, "cem")


def _cancelled(app: Installation) -> None:
    facts = app.reach(bookings.to_cancel)
    post("cancel_booking")(app, facts)


def _moved(app: Installation) -> None:
    facts = app.reach(bookings.to_move)
    post("move_booking")(app, facts)


def _asked_again(app: Installation) -> None:
    app.reach(bookings.booked)
    app.now += timedelta(hours=2)
    wanted = {"session_id": "s1", "full_name": "Ann", "email": "ann@nhs.net"}
    app.post_json("book", wanted | {"works_here": "yes", "group_agreement": "yes"})


def _to_prove(app: Installation) -> None:
    app.reach(bookings.sessions)
    people.book(app, "eve", domain=people.OUTSIDE)


def _proved(app: Installation) -> None:
    facts = app.reach(bookings.outsider)
    post("prove_address")(app, facts)


def _checked(app: Installation) -> Facts:
    _proved(app)
    app.settle()
    return {}


def run_after(before: Prepare, **time: float) -> Story:
    """Time passes, and the timer names what is due."""

    def story(app: Installation) -> None:
        app.reach(before)
        app.now += timedelta(**time)
        app.run_timer()

    return story


def run_at(before: Prepare, day: int, hour: int, minute: int) -> Story:
    """As `run_after`, at that time (UTC) of September."""

    def story(app: Installation) -> None:
        app.reach(before)
        app.now = app.now.replace(day=day, hour=hour, minute=minute)
        app.run_timer()

    return story


def typed(before: Prepare = bookings.booked, **changes: Any) -> Prepare:
    """An administrator has typed into the row, and a run of the timer has seen it."""

    def prepare(app: Installation) -> Facts:
        app.reach(before)
        people.edit(app, **changes)
        app.tick(minutes=5)
        return {}

    return prepare


def _limited(app: Installation) -> Facts:
    """Someone has booked so many sessions in a day that the emails about two of them wait."""
    app.reach(bookings.new_sessions)
    for number in (3, 4, 5):
        app.storage.put("Sessions", session_cells(RowKey=f"s{number}", Date=f"2023-10-1{number}"))
    app.tick(minutes=1)
    for number in range(1, 6):
        people.book_and_read(app, "ann", session_id=f"s{number}")
    return {}


STORIES: dict[str, tuple[MailKind, Story]] = {
    "confirmation": (MailKind.CONFIRMATION, confirmation),
    "confirmation after a move": (MailKind.CONFIRMATION, _moved),
    "place on the list": (MailKind.WAITING, _place_on_the_list),
    "place to be checked": (MailKind.CHECKING, _proved),
    "place that was not checked": (MailKind.HOLD_EXPIRED, run_after(_checked, days=6)),
    "cancellation": (MailKind.BOOKING_CANCELLED, _cancelled),
    "asked again": (MailKind.ALREADY_BOOKED, _asked_again),
    "address to prove": (MailKind.PROVE, _to_prove),
    "place that is not kept": (MailKind.HOLD_LOST, run_after(bookings.outsider, hours=25)),
    "reminder": (MailKind.REMINDER, run_at(bookings.booked, 19, 14, 5)),
    "update": (MailKind.UPDATED, run_after(typed(Time="16:00", Note="Use the side door"), minutes=16)),
    "cancelled session": (MailKind.SESSION_CANCELLED, run_after(typed(State="cancelled"), minutes=16)),
    "end of the waiting list": (MailKind.CUTOFF, run_at(bookings.waiting, 19, 14, 5)),
    "no place": (MailKind.NOT_PLACED, run_at(bookings.waiting, 20, 14, 5)),
    "feedback": (MailKind.FEEDBACK, run_at(typed(FeedbackUrl="https://forms.example/1"), 20, 15, 20)),
    "two that waited": (MailKind.CONFIRMATION, run_after(_limited, hours=25)),
}
TEMPLATES = {"two that waited": "combined"}
"""The template of an email that has another than its kind."""


def emails(mail: str) -> dict[str, Flow]:
    """A flow for each by that email service."""
    found = {}
    for name, (kind, story) in STORIES.items():
        template = frozenset({TEMPLATES.get(name, str(kind))})
        found[f"email: {name}, {mail}"] = Flow(
            "send_mail", named(story, kind), deliver, is_sent, mail=mail, delivery=DELIVERY[mail], emails=template
        )
    return found


EMAILS = {**emails("acs"), **emails("notify")}
