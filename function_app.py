"""The function app: registers the blueprints of its role. The Functions host looks for it at the root."""

import gc
from collections.abc import Collection

import azure.functions as func

from functions import backup, delivery_reports, timer
from functions.api import openapi
from functions.bookings import book, change_details, manage, send_email, steps
from functions.bookings.several import book as book_several
from functions.bookings.several import steps as several_steps
from functions.provider import acknowledge, collect, moved
from functions.referrals import forward_referral, outcome, refer, status, to_print
from functions.site import assets, content_pages, health, language_pages, not_found, security_txt
from functions.withdrawal import moved as withdraw_moved
from functions.withdrawal import withdraw
from shared.bootstrap import Role, Support, offered, role

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

BOTH = (health, assets)
PUBLIC = (
    steps,
    book,
    several_steps,
    book_several,
    content_pages,
    language_pages,
    security_txt,
    manage,
    change_details,
    openapi,
    status,
    outcome,
    refer,
    to_print,
)
# The provider's pages among them, and the one to withdraw: only the worker can make their links, erase or open.
WORKER = (acknowledge, backup, collect, delivery_reports, forward_referral, send_email, timer, withdraw)
MODULES = {
    Role.WEB: (moved, withdraw_moved, *PUBLIC, *BOTH),
    Role.WORKER: (*WORKER, *BOTH),
    Role.ALL: (*WORKER, *PUBLIC, *BOTH),
}
ONLY_FOR = {
    Support.BOOKINGS: (steps, book, several_steps, book_several, manage, change_details, send_email),
    Support.ONE_TO_ONE: (
        *(moved, withdraw_moved, status, outcome, refer, to_print),
        *(acknowledge, collect, forward_referral, withdraw),
    ),
}
"""Functions that are registered only where that kind of support is offered: elsewhere there is no page at all."""


def blueprints(of: Role, offers: Collection[Support]) -> tuple[func.Blueprint, ...]:
    """Returns the blueprints of an app of an installation that offers these kinds of support."""
    absent = {module for kind, modules in ONLY_FOR.items() if kind not in offers for module in modules}
    found = {module: module.bp for module in MODULES[of] if module not in absent}
    if timer in found and Support.ONE_TO_ONE not in offers:
        found[timer] = timer.bp_without_referrals
    return tuple(found.values())


BLUEPRINTS = blueprints(role(), offered())

for blueprint in (*BLUEPRINTS, not_found.catch_all_blueprint(BLUEPRINTS)):
    app.register_functions(blueprint)

# What is imported stays: left out, a full collection during a request takes 60 ms of CPU less, of 65.
gc.freeze()
