"""The function app: it registers the blueprints, nothing else. Azure looks for it at the root."""

import azure.functions as func

from functions import (
    acknowledge,
    booking_steps,
    bookings,
    collect,
    delivery_reports,
    elsewhere,
    forwarding,
    health,
    information,
    mail,
    manage,
    openapi,
    referral_status,
    referrals,
    resources,
    schedule,
    start,
)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

MODULES = (
    acknowledge,
    booking_steps,
    bookings,
    collect,
    delivery_reports,
    forwarding,
    health,
    information,
    mail,
    manage,
    openapi,
    referral_status,
    referrals,
    resources,
    schedule,
    start,
)
BLUEPRINTS = tuple(module.bp for module in MODULES)

for blueprint in (*BLUEPRINTS, elsewhere.after(BLUEPRINTS)):
    app.register_functions(blueprint)
