"""The steps of a test of a running installation, each with the time within which it has to end."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from local.smoke.client import Client, SmokeError, hidden_fields
from shared.content.content import Content
from shared.referrals.delivery.smoke_test import signed_marker
from shared.referrals.intake.fixed_answers import fixed_answers
from shared.referrals.model import Progress
from shared.signing import Signer

_PAGES = ("/", "/accessibility", "/privacy")
_PAGES_OF_GROUPS = ("/sessions",)
_PAGES_OF_ONE_TO_ONE = ("/one-to-one", "/one-to-one/status")
_JSON = "application/json"
_RIPE_SECONDS = 3.5  # a page that is posted sooner is taken for a program's
_BETWEEN_LOOKS = 2.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The installation that is tested, and the means.

    `session` is the row key of a session in state `test`; `email` gets the emails about the place there. `signer` has
    the key of the worker's setting SMOKE_KEY, and `content` is the content file that is deployed: only what it offers
    is tested.
    """

    site: Client
    worker: Client | None
    session: str
    email: str = field(repr=False)
    signer: Signer
    content: Content = field(repr=False)

    @property
    def offered_steps(self) -> tuple[Callable[["Installation"], None], ...]:
        """The steps of a test that troubles no one at the provider, in their order."""
        groups = (booking,) if self.content.has_groups else ()
        return (pages, health, *groups, *((referral,) if self.content.has_one_to_one else ()))

    @property
    def pages(self) -> tuple[str, ...]:
        """The paths of the pages that are looked at."""
        groups = _PAGES_OF_GROUPS if self.content.has_groups else ()
        return (*_PAGES, *groups, *(_PAGES_OF_ONE_TO_ONE if self.content.has_one_to_one else ()))


def pages(tested: Installation) -> None:
    """The pages are there, and the list of sessions does not show the session of tests."""
    for path in tested.pages:
        if "<h1" not in tested.site.get(path).text:
            raise SmokeError(f"no heading on {path}")
    if not tested.content.has_groups:
        return
    if tested.session in {each["id"] for each in tested.site.get("/sessions", accept=_JSON).json["sessions"]}:
        raise SmokeError("the session of tests is in the list")


def health(tested: Installation) -> None:
    """Each app says that it can do its work."""
    for app in (tested.site, *([tested.worker] if tested.worker else [])):
        if app.get("/health", accept=_JSON).json != {"status": "healthy"}:
            raise SmokeError("not healthy")


def booking(tested: Installation) -> None:
    """A place is booked and cancelled."""
    asked = {"session_id": tested.session, "full_name": "Website Test", "email": tested.email}
    agreed = {"works_here": True, "group_agreement": True, "reminders": False}
    form = _ripe_form(tested.site, "/bookings/new")
    manage = tested.site.post_json("/bookings", asked | agreed | form, status=201).json.get("manage")
    if manage is None:
        raise SmokeError("no link to cancel: the session has to be in state test")
    path = f"{urlsplit(manage).path}/cancel"
    fields = hidden_fields(tested.site.get(path).text)
    time.sleep(_RIPE_SECONDS)
    done = tested.site.post_form(path, fields, status=303).headers["location"]
    if not done.endswith("?done=cancelled"):
        raise SmokeError("the booking was not cancelled")


def referral(tested: Installation) -> None:
    """A made-up referral is accepted, and the worker has told the operators of it."""
    given = fixed_answers(tested.content.one_to_one) | {"marker": signed_marker(tested.signer)}
    sent = given | _ripe_form(tested.site, "/one-to-one")
    reference = tested.site.post_json("/one-to-one", sent, status=201).json["reference"]
    deadline = time.monotonic() + SECONDS[referral]
    while (status := _status(tested.site, reference)) != Progress.CONFIRMED:
        if status != Progress.RECEIVED:
            raise SmokeError("it went to the provider: the worker has another SMOKE_KEY or content file, or none")
        if time.monotonic() > deadline:
            raise SmokeError("it was not handled in time")
        time.sleep(_BETWEEN_LOOKS)


def drill(tested: Installation) -> None:
    """A made-up referral is accepted, and the provider is emailed about it: its answers say that it is a test."""
    sent = fixed_answers(tested.content.one_to_one) | _ripe_form(tested.site, "/one-to-one")
    reference = tested.site.post_json("/one-to-one", sent, status=201).json["reference"]
    deadline = time.monotonic() + SECONDS[drill]
    while (status := _status(tested.site, reference)) == Progress.RECEIVED:
        if time.monotonic() > deadline:
            raise SmokeError("it was not handled in time")
        time.sleep(_BETWEEN_LOOKS)
    if status not in {Progress.SENT, Progress.DELIVERED}:
        raise SmokeError(f"it is {status}")


SECONDS: Mapping[Callable[[Installation], None], float] = {
    pages: 60.0,
    health: 30.0,
    booking: 60.0,
    referral: 300.0,
    drill: 300.0,
}
"""The seconds that each step may take: an app that slept has to start first."""

STEPS_OF_DRILL = (health, drill)
"""Those of a drill, after which the provider opens what came."""


def _status(site: Client, reference: str) -> str:
    return str(site.post_json("/one-to-one/status", {"reference": reference}, status=200).json["status"])


def _ripe_form(site: Client, path: str) -> dict[str, Any]:
    """Submission id and token of a form, once it is old enough to be sent."""
    form = site.get(path, accept=_JSON).json
    time.sleep(form["form_token_from_seconds"] + 0.5)
    return {name: form[name] for name in ("submission_id", "form_token")}
