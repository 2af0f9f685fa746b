"""The functions that store nothing: pages that are shown, and steps of a form that travels from page to page."""

from collections.abc import Collection

import azure.functions as func

from functions.web.outcome_address import OutcomeAddress
from tests.integration.faults import people
from tests.integration.faults.installation import Facts, Installation
from tests.registered_functions import FUNCTIONS

STEPS = frozenset(
    {
        "booking_check",
        "booking_details",
        "booking_session",
        "questions",
        "referral_status",
        "several_check",
        "several_details",
        "several_sessions",
        "show_reference_longer",
        "zz_elsewhere",
    }
)
"""Functions that take a POST and store nothing."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_PAGES = {"manage": "manage", "calendar": "manage", "collect": "collect"}


def methods(name: str) -> frozenset[str]:
    """The methods of a function that HTTP triggers; none of any other."""
    triggers = [each.get_dict_repr() for each in FUNCTIONS[name].get_bindings()]
    return frozenset(str(method) for each in triggers for method in each.get("methods", ()))


def shown(names: Collection[str]) -> list[str]:
    """Those of them that store nothing."""
    return [name for name in names if name in STEPS or (methods(name) and methods(name) <= _READING)]


def prepare(app: Installation) -> Facts:
    """A booking and a referral, and the links that were emailed about them."""
    people.add_sessions(app)
    people.book_and_read(app, "ann")
    reference, _ = people.refer_and_forward(app)
    return {"manage": people.manage_link(app, "ann"), "collect": people.provider_link(app), "reference": reference}


def show(app: Installation, name: str, facts: Facts) -> func.HttpResponse:
    """Asks for it: a page by its link, a step with a form that has a session and a reference."""
    if name in STEPS:
        return app.post(name, {"session_id": "s1", "reference": facts["reference"]})
    [trigger] = [each.get_dict_repr() for each in FUNCTIONS[name].get_bindings() if "route" in each.get_dict_repr()]
    route = {"token": facts.get(_PAGES.get(str(trigger["route"]).partition("/")[0], ""), "")}
    if name == "booking_outcome":
        address = OutcomeAddress("/bookings/booked", ValueError)  # type: ignore[arg-type]  # it is only issued here
        route["token"] = address.token(app.services.signer, app.now, "s1", "34679CDF", "confirmed")
    return app.request(name, "GET", route)
