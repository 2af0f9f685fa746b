"""The three requests of GOV.UK Notify's API that have to do with emails: send one, list them, find one by its id."""

import asyncio
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.mail.errors import ConnectionDroppedError
from local.mail.faults import Aspect, FaultRule
from local.mail.notify.acceptance import answer_of, put_into_inbox
from local.mail.notify.callbacks import CallbackPublisher
from local.mail.notify.errors import NotifyError
from local.mail.notify.keys import KeyType, check_token
from local.mail.notify.notifications import Notification, final_status, is_kept, page_after
from local.mail.notify.posted import PostedEmail, check_size, check_template, read_posted
from local.mail.service import real_time
from local.mail.state import Clock, State

TRIAL_PER_DAY = 50
_SIMULATED = ("simulate-delivered", "@notifications.service.gov.uk")


class NotifyService:
    """Checks in this order: token, the minute's limit, the day's, schema, template, recipient, size, faults."""

    def __init__(self, state: State, callbacks: CallbackPublisher, wall_clock: Clock = real_time) -> None:
        self._state = state
        self._callbacks = callbacks
        self._wall_clock = wall_clock

    async def send(self, request: Request) -> Response:
        """`POST /v2/notifications/email`."""
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
        settings, memory, now = self._state.settings, self._state.memory, self._state.clock()
        kind = self._kind(request)
        memory.limits.take(kind, now, settings.notify_per_minute)
        per_day = min(settings.notify_per_day or TRIAL_PER_DAY, TRIAL_PER_DAY) if settings.notify_trial else None
        if kind is not KeyType.TEST:
            memory.limits.check_day(kind, now, settings.notify_per_day if per_day is None else per_day)
        email = read_posted(await _json(request))
        check_template(email, settings.notify_template_id, settings.notify_reply_to_id)
        self._check_recipient(email, kind)
        check_size(email)
        delay, answer = await self._faults("send", email)
        notification = self._accept(email, kind)
        await _faults_after(delay, answer)
        return JSONResponse(answer_of(notification, str(request.base_url).rstrip("/")), 201)

    async def listed(self, request: Request) -> Response:
        """`GET /v2/notifications?reference=&template_type=&status=&older_than=`."""
        kind = await self._asked(request)
        settings, now = self._state.settings, self._state.clock()
        wanted = request.query_params
        found = [
            each
            for each in self._state.memory.notifications.listed(kind, now - settings.status_lag)
            if is_kept(each, settings.notify_retention_days, now) and self._matches(each, wanted)
        ]
        shown, more = page_after(found, wanted.get("older_than", ""))
        base = str(request.base_url).rstrip("/")
        links = {"current": str(request.url)}
        if more:
            query = [(name, value) for name, value in wanted.multi_items() if name != "older_than"]
            links["next"] = f"{base}/v2/notifications?{urlencode([*query, ('older_than', shown[-1].id)])}"
        entries = [each.as_json(base, self._status(each)) for each in shown]
        return JSONResponse({"notifications": entries, "links": links})

    async def found(self, request: Request) -> Response:
        """`GET /v2/notifications/{id}`: a key of any type sees it."""
        await self._asked(request)
        wanted = str(request.path_params["id"])
        try:
            UUID(wanted)
        except ValueError:
            raise NotifyError(400, "notification_id is not a valid UUID", "ValidationError") from None
        notification = self._state.memory.notifications.find(wanted)
        kept, now = self._state.settings.notify_retention_days, self._state.clock()
        if notification is None or not is_kept(notification, kept, now):
            raise NotifyError(404, "No result found")
        base = str(request.base_url).rstrip("/")
        return JSONResponse(notification.as_json(base, self._status(notification)))

    def _kind(self, request: Request) -> KeyType:
        return check_token(request, self._state.settings.notify_key, self._wall_clock())

    async def _asked(self, request: Request) -> KeyType:
        """The type of the key of a question; the limit of a minute is not checked."""
        self._state.memory.counters.status += 1
        kind = self._kind(request)
        delay, answer = await self._faults("status", None)
        await _faults_after(delay, answer)
        return kind

    def _matches(self, notification: Notification, wanted: Any) -> bool:
        types, statuses = wanted.getlist("template_type"), wanted.getlist("status")
        is_of_type = not types or "email" in types
        is_of_status = not statuses or self._status(notification) in statuses
        return is_of_type and is_of_status and wanted.get("reference") in {None, notification.email.reference}

    def _status(self, notification: Notification) -> str:
        settings = self._state.settings
        return notification.status(self._state.clock(), settings.status_lag + settings.running_for)

    def _check_recipient(self, email: PostedEmail, kind: KeyType) -> None:
        settings = self._state.settings
        if kind is KeyType.TEST or email.email_address.lower() in {each.lower() for each in settings.notify_team}:
            return
        if kind is KeyType.TEAM:
            raise NotifyError(
                400, "Can\N{RIGHT SINGLE QUOTATION MARK}t send to this recipient using a team-only API key"
            )
        if settings.notify_trial:
            words = "Can\N{RIGHT SINGLE QUOTATION MARK}t send to this recipient when service is in trial mode"
            raise NotifyError(400, words)

    def _accept(self, email: PostedEmail, kind: KeyType) -> Notification:
        """Takes the email on. A reference that is known already makes a second email: nothing holds it to be one."""
        memory, now = self._state.memory, self._state.clock()
        memory.counters.send_accepted += 1
        final = final_status(self._take("send", "final", email), self._take("send", "report", email))
        notification = Notification(str(uuid4()), now, email, kind, final)
        if email.email_address.startswith(_SIMULATED[0]) and email.email_address.endswith(_SIMULATED[1]):
            return notification  # stored nowhere
        memory.limits.count_day(kind, now)
        memory.notifications.add(notification)
        if kind is not KeyType.TEST:
            put_into_inbox(self._state, notification)
        self._callbacks.on_accepted(notification, self._take("send", "callback", email))
        return notification

    async def _faults(self, on: str, email: PostedEmail | None) -> tuple[FaultRule | None, FaultRule | None]:
        """Meets those that come before acceptance, and returns the delay and the answer for afterwards."""
        memory = self._state.memory
        delay, answer = self._take(on, "delay", email), self._take(on, "answer", email)
        if delay and delay.kind == "delay":
            await asyncio.sleep(delay.seconds or 0)
        # A reset during the delay: the request belongs to what was forgotten.
        if memory is not self._state.memory or (answer and answer.kind == "drop_before"):
            raise ConnectionDroppedError
        if answer and answer.kind == "status":
            raise _fault_answer(answer)
        return delay, answer

    def _take(self, on: str, aspect: Aspect, email: PostedEmail | None) -> FaultRule | None:
        recipients = [email.email_address] if email else []
        return self._state.memory.faults.take(on, aspect, recipients, (email.value("subject") or "") if email else "")


async def _faults_after(delay: FaultRule | None, answer: FaultRule | None) -> None:
    if delay and delay.kind == "delay_after":
        await asyncio.sleep(delay.seconds or 0)
    if answer and answer.kind == "drop_after":
        raise ConnectionDroppedError
    if answer and answer.kind == "status_after":
        raise _fault_answer(answer)


def _fault_answer(rule: FaultRule) -> NotifyError:
    return NotifyError(rule.status or 500, "The emulator was asked to answer this.", rule.code)


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        raise NotifyError(400, "Invalid JSON supplied in POST data") from None
