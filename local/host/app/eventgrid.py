"""The webhook that Event Grid delivers to: `/runtime/webhooks/eventgrid?functionName=NAME&code=KEY`."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.host.app.functions import EventGridTrigger, Function
from local.host.app.runtime import Call, Datum
from local.host.invocations import Invocations


class EventGridWebhook:
    """Answers the handshake, and runs a function for each event of a delivery: all at once, as Azure does."""

    def __init__(self, functions: Mapping[str, Function], invocations: Invocations) -> None:
        self._functions = functions
        self._invocations = invocations

    async def __call__(self, request: Request) -> Response:
        """202 when every event was handled, 500 otherwise, so that Event Grid delivers again; 404 without function."""
        names = {key.lower(): value for key, value in request.query_params.items()}
        function = self._functions.get(names.get("functionname", "").lower())
        if function is None or function.disabled or not isinstance(function.trigger, EventGridTrigger):
            return Response(status_code=404)
        try:
            document = await request.json()
        except ValueError:
            return Response(status_code=400)
        kind = request.headers.get("aeg-event-type", "").lower()
        if kind == "subscriptionvalidation":
            return _handshake(document)
        return (
            await self._deliver(function, function.trigger, document)
            if kind == "notification"
            else Response(status_code=400)
        )

    async def _deliver(self, function: Function, trigger: EventGridTrigger, document: Any) -> Response:
        events = document if isinstance(document, list) else [document]
        batches = [events] if trigger.many else events
        runs = (self._invocations.run(function, event_call(trigger, batch)) for batch in batches)
        outcomes = await asyncio.gather(*runs)
        return Response(status_code=202 if all(outcome.ok for outcome in outcomes) else 500)


def event_call(trigger: EventGridTrigger, event: Any) -> Call:
    return Call([(trigger.param, Datum(json.dumps(event), "json"))])


def _handshake(document: Any) -> Response:
    try:
        event = document[0] if isinstance(document, list) else document
        return JSONResponse({"validationResponse": event["data"]["validationCode"]})
    except (KeyError, IndexError, TypeError):
        return Response(status_code=400)
