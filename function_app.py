"""The function app: registers the blueprints. The Functions host looks for it at the root."""

import azure.functions as func

from functions import delivery_reports, timer
from functions.api import openapi
from functions.bookings import book, change_details, manage, send_email, steps
from functions.provider import acknowledge, collect, moved
from functions.referrals import forward_referral, outcome, refer, status
from functions.site import assets, content_pages, health, not_found, security_txt
from shared.bootstrap import is_web_app

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

PROVIDER = (moved,) if is_web_app() else (acknowledge, collect)
"""The provider's pages: only the worker can make their links, erase or open, so only it has them."""

MODULES = (
    *PROVIDER,
    steps,
    book,
    delivery_reports,
    forward_referral,
    health,
    content_pages,
    security_txt,
    send_email,
    manage,
    change_details,
    openapi,
    status,
    outcome,
    refer,
    assets,
    timer,
)
BLUEPRINTS = tuple(module.bp for module in MODULES)

for blueprint in (*BLUEPRINTS, not_found.catch_all_blueprint(BLUEPRINTS)):
    app.register_functions(blueprint)
