"""The control API: what a test or a person tells the emulator itself. Not part of the service; unsigned."""

from dataclasses import asdict, fields
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.mail.errors import ServiceError
from local.mail.faults import FAULT_RULES
from local.mail.http.exchange import read_json
from local.mail.notify.callbacks import CallbackPublisher
from local.mail.reports import ReportPublisher
from local.mail.settings import SECRETS, SETTINGS, EmulatorSettings
from local.mail.state import State

_FIXED = frozenset({"senders", "access_key", "notify_key"})


class ControlApi:
    def __init__(self, state: State, reports: ReportPublisher, callbacks: CallbackPublisher) -> None:
        self._state = state
        self._reports = reports
        self._callbacks = callbacks

    async def list_faults(self, _: Request) -> Response:
        """`GET /control/faults`: the rules that still wait."""
        rules = FAULT_RULES.dump_python(self._state.memory.faults.waiting, mode="json", exclude_defaults=True)
        return JSONResponse(rules)

    async def add_faults(self, request: Request) -> Response:
        """`POST /control/faults`: a list of rules, put behind those that wait."""
        try:
            rules = FAULT_RULES.validate_python(await read_json(request))
        except ValidationError as error:
            raise _invalid(error) from None
        self._state.memory.faults.add(rules)
        return await self.list_faults(request)

    async def clear_faults(self, _: Request) -> Response:
        self._state.memory.faults.clear()
        return Response(status_code=204)

    async def show_settings(self, _: Request) -> Response:
        """`GET /control/settings`: all but the secrets; durations in ISO 8601."""
        return JSONResponse(SETTINGS.dump_python(self._state.settings, mode="json", exclude=set(SECRETS)))

    async def change_settings(self, request: Request) -> Response:
        """`POST /control/settings`: some settings, by name; durations in seconds or ISO 8601.

        Raises:
            ServiceError: 400, an unknown or unusable one, or one that is fixed from the start.
        """
        changes = _changes(await read_json(request))
        try:
            self._state.settings = SETTINGS.validate_python({**asdict(self._state.settings), **changes})
        except ValidationError as error:
            raise _invalid(error) from None
        return await self.show_settings(request)

    async def show_requests(self, _: Request) -> Response:
        """`GET /control/requests`: the counters."""
        return JSONResponse(self._state.memory.counters.as_json())

    async def show_reports(self, _: Request) -> Response:
        """`GET /control/reports`: number of emails whose delivery reports are still to be posted."""
        return JSONResponse({"under_way": self._reports.under_way + self._callbacks.under_way})

    async def reset(self, _: Request) -> Response:
        """`POST /control/reset`: as it was at the start."""
        self._state.reset()
        return Response(status_code=204)


def _changes(posted: Any) -> dict[str, Any]:
    changeable = {field.name for field in fields(EmulatorSettings)} - _FIXED
    if not isinstance(posted, dict) or not set(posted) <= changeable:
        raise ServiceError(400, f"Settings that can be changed: {', '.join(sorted(changeable))}.")
    return posted


def _invalid(error: ValidationError) -> ServiceError:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return ServiceError(400, f"{place}: {first['msg']}", target=place)
