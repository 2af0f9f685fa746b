"""The function app: it registers the blueprints, nothing else. Azure looks for it at the root."""

import azure.functions as func

from functions import bookings, forwarding, health, mail, manage, referrals, resources, schedule, start

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for blueprint in (bookings, forwarding, health, mail, manage, referrals, resources, schedule, start):
    app.register_functions(blueprint.bp)
