"""The two requests of the service's REST API: send an email, and ask what became of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.mail.attachments import open_attachments
from local.mail.errors import ConnectionDroppedError, ServiceError, error_body
from local.mail.faults import Aspect, FaultRule
from local.mail.http.exchange import read_json
from local.mail.http.signature import check_signature
from local.mail.mailbox import UNDELIVERED, Mail, Operation, Submission
from local.mail.message import MAX_REQUEST_BYTES, read_message
from local.mail.state import Clock, State

API_VERSIONS = frozenset({"2023-03-31", "2024-07-01-preview", "2025-09-01"})
_ACCEPTED = "Running"


def real_time() -> datetime:
    return datetime.now(UTC)


class EmailService:
    """Checks in this order: signature, api version, limits, message, faults. Only then does anything happen."""

    def __init__(self, state: State, on_delivery: Callable[[Mail], None], wall_clock: Clock = real_time) -> None:
        self._state = state
        self._on_delivery = on_delivery
        self._wall_clock = wall_clock

    async def send(self, request: Request) -> Response:
        """`POST /emails:send`."""
        await request.body()  # whole, before it counts
        counters = self._state.memory.counters
        counters.send += 1
        accepted = counters.send_accepted
        try:
            return await self._send(request)
        finally:
            if counters.send_accepted == accepted:
                counters.send_refused += 1

    async def _send(self, request: Request) -> Response:
        await self._check_caller(request)
        limits = self._state.settings
        self._state.memory.sends.admit(self._state.clock(), per_minute=limits.per_minute, per_hour=limits.per_hour)
        operation_id = _requested_id(request)
        submission = await self._read(request)
        delay, answer = await self._apply_faults("send", submission)
        operation = self._accept(operation_id, submission)
        await _apply_faults_after(delay, answer)
        return self._answer(request, operation.id, _ACCEPTED, 202)

    async def status(self, request: Request) -> Response:
        """`GET /emails/operations/{id}`."""
        self._state.memory.counters.status += 1
        await self._check_caller(request)
        limits = self._state.settings
        self._state.memory.statuses.admit(
            self._state.clock(), per_minute=limits.status_per_minute, per_hour=limits.status_per_hour
        )
        operation = self._state.memory.mailbox.operation(request.path_params["id"])
        delay, answer = await self._apply_faults("status", operation.submission if operation else None)
        await _apply_faults_after(delay, answer)
        age = self._state.clock() - operation.accepted_at if operation else None
        if operation is None or age is None or age < limits.status_lag:
            raise ServiceError(404, "The requested operation was not found.")
        running = age < limits.status_lag + limits.running_for
        return self._answer(request, operation.id, "Running" if running else operation.final, 200, operation.code)

    async def _check_caller(self, request: Request) -> None:
        check_signature(request, await request.body(), self._state.settings.access_key, self._wall_clock())
        version = request.query_params.get("api-version")
        if not version:
            words = "The api-version query parameter (?api-version=) is required for all requests."
            raise ServiceError(400, words, code="MissingApiVersionParameter")
        if version not in API_VERSIONS:
            raise ServiceError(400, "The api-version is not supported.", code="UnsupportedApiVersionValue")

    async def _read(self, request: Request) -> Submission:
        if len(await request.body()) > MAX_REQUEST_BYTES:
            raise ServiceError(400, "The request is larger than 10 MB.")
        posted = await read_json(request)
        message = read_message(posted, self._state.settings.senders)
        attachments = open_attachments(
            message.attachments or (),
            suppress_invalid=message.asks_for("x-ms-acsemail-suppress-invalid-attachment"),
            allow_repeated_ids=message.asks_for("x-ms-acsemail-ignore-duplicate-content-id"),
        )
        return Submission(message, attachments, posted)

    def _accept(self, operation_id: str, submission: Submission) -> Operation:
        memory = self._state.memory
        known = memory.mailbox.operation(operation_id)
        if known is None or self._state.settings.repeat == "duplicate":
            known = self._deliver(operation_id, submission)
        memory.counters.send_accepted += 1
        return known

    def _deliver(self, operation_id: str, submission: Submission) -> Operation:
        now = self._state.clock()
        final = self._take("send", "final", submission)
        operation = Operation(operation_id, now, submission)
        if final and final.final:
            code = (final.code or "EmailDropped") if final.final in UNDELIVERED else None
            operation = Operation(operation_id, now, submission, final.final, code)
        mail = self._state.memory.mailbox.accept(operation, now)
        mail.reports = self._reports(mail)
        self._on_delivery(mail)
        return mail.operation

    def _reports(self, mail: Mail) -> list[str]:
        rule = self._take("send", "report", mail.submission)
        if rule:
            return list(rule.reports)
        return ["Delivered"] if mail.delivered else []

    async def _apply_faults(self, on: str, submission: Submission | None) -> tuple[FaultRule | None, FaultRule | None]:
        """Meets those that come before acceptance, and returns the delay and the answer for afterwards."""
        memory = self._state.memory
        delay, answer = self._take(on, "delay", submission), self._take(on, "answer", submission)
        if delay and delay.kind == "delay":
            await asyncio.sleep(delay.seconds or 0)
        # A reset during the delay: the request belongs to what was forgotten.
        if memory is not self._state.memory or (answer and answer.kind == "drop_before"):
            raise ConnectionDroppedError
        if answer and answer.kind == "status":
            raise _fault_answer(answer)
        return delay, answer

    def _take(self, on: str, aspect: Aspect, submission: Submission | None) -> FaultRule | None:
        message = submission.message if submission else None
        recipients = message.recipients.everyone if message else []
        return self._state.memory.faults.take(on, aspect, recipients, message.content.subject if message else "")

    def _answer(
        self, request: Request, operation_id: str, status: str, http_status: int, code: str | None = None
    ) -> Response:
        error = error_body(code, f"The message was not sent: {code}.") if code else None
        version = request.query_params["api-version"]
        headers = {
            "operation-location": f"http://{request.headers['host']}/emails/operations/{operation_id}?api-version={version}"
        }
        if self._state.settings.poll_after and status in {"NotStarted", "Running"}:
            headers["retry-after"] = str(self._state.settings.poll_after)
        body: dict[str, Any] = {"id": operation_id, "status": status, "error": error}
        return JSONResponse(body, http_status, headers)


async def _apply_faults_after(delay: FaultRule | None, answer: FaultRule | None) -> None:
    if delay and delay.kind == "delay_after":
        await asyncio.sleep(delay.seconds or 0)
    if answer and answer.kind == "drop_after":
        raise ConnectionDroppedError
    if answer and answer.kind == "status_after":
        raise _fault_answer(answer)


def _fault_answer(rule: FaultRule) -> ServiceError:
    words = "The emulator was asked to answer this."
    return ServiceError(rule.status or 500, words, code=rule.code, retry_after=rule.retry_after)


def _requested_id(request: Request) -> str:
    """The caller's own id in its usual form, or a new one."""
    given = request.headers.get("operation-id")
    if given is None:
        return str(uuid4())
    try:
        well_formed = str(UUID(given)) == given.lower()
    except ValueError:
        well_formed = False
    if not well_formed:
        raise ServiceError(400, "The Operation-Id header must be a UUID.", target="Operation-Id")
    return given
