"""The inbox: pages for people, JSON for tests. Newest first on the page, oldest first in the JSON."""

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from local.mail.errors import ServiceError
from local.mail.mailbox import Mail
from local.mail.state import State

_LONDON = ZoneInfo("Europe/London")
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"), autoescape=True, undefined=StrictUndefined
)
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"
# The email's own HTML: no script, nothing fetched; links open beside it, as in an email program.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_HEAD = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)
_NEW_WINDOW = '<base target="_blank">'


class Inbox:
    def __init__(self, state: State) -> None:
        self._state = state

    async def page(self, _: Request) -> Response:
        """`GET /`."""
        mails = [(mail, self._state_of(mail)) for mail in reversed(self._state.memory.mailbox.mails)]
        return _page("inbox.html", mails=mails)

    async def mail_page(self, request: Request) -> Response:
        """`GET /messages/{number}`."""
        mail = self._find(request)
        return _page("mail.html", mail=mail, state=self._state_of(mail))

    async def mail_html(self, request: Request) -> Response:
        """`GET /messages/{number}/html`: the HTML part alone, for the frame on the page."""
        html = self._find(request).submission.message.content.html or ""
        body, found = _HEAD.subn(lambda head: head[0] + _NEW_WINDOW, html, count=1)
        return _html(body if found else _NEW_WINDOW + html, _MAIL_POLICY)

    async def attachment(self, request: Request) -> Response:
        """`GET /messages/{number}/attachments/{position}`: one attachment, counted from 0, to download."""
        attachments = self._find(request).submission.attachments
        position: int = request.path_params["position"]
        if position >= len(attachments):
            raise ServiceError(404, "There is no such attachment.")
        attachment = attachments[position]
        headers = {
            "content-type": attachment.content_type,
            "content-disposition": f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}",
            "content-security-policy": "sandbox",
            "x-content-type-options": "nosniff",
        }
        return Response(attachment.content, headers=headers)

    async def messages(self, request: Request) -> Response:
        """`GET /messages[?to=ADDRESS]`: every delivered email as it was posted, with `operationId` and `time`.

        Those of GOV.UK Notify have the same form; `operationId` is then their reference.
        """
        wanted = request.query_params.get("to", "").lower()
        mails = (mail for mail in self._state.memory.mailbox.mails if mail.delivered)
        return JSONResponse([_as_json(mail) for mail in mails if not wanted or wanted in _addressees(mail)])

    async def clear(self, _: Request) -> Response:
        """`DELETE /messages`."""
        self._state.memory.mailbox.clear()
        return Response(status_code=204)

    def _find(self, request: Request) -> Mail:
        mail = self._state.memory.mailbox.mail(request.path_params["number"])
        if mail is None:
            raise ServiceError(404, "There is no such message.")
        return mail

    def _state_of(self, mail: Mail) -> str:
        age = self._state.clock() - mail.operation.accepted_at
        if age < self._state.settings.status_lag + self._state.settings.running_for:
            return "Running"
        if mail.operation.code:
            return f"{mail.operation.final} ({mail.operation.code})"
        return ", ".join((mail.operation.final, *mail.reports))


def london(moment: datetime) -> str:
    """Wall-clock time as a person in London reads it, e.g. `Fri 8 Sep 2023, 15:00:05`."""
    local = moment.astimezone(_LONDON)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S}"


_PAGES.filters["london"] = london


def _addressees(mail: Mail) -> set[str]:
    return {one.address.lower() for one in mail.submission.message.recipients.to}


def _as_json(mail: Mail) -> dict[str, object]:
    time = mail.time.astimezone(UTC).isoformat()
    return {"operationId": mail.operation.id, **mail.submission.posted, "time": time}


def _page(template: str, **values: object) -> Response:
    return _html(_PAGES.get_template(template).render(values), _PAGE_POLICY)


def _html(text: str, policy: str) -> Response:
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    return HTMLResponse(text, headers=headers)
