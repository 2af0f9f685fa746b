"""The check of a request's HMAC signature, as Azure Communication Services makes it.

Rule: learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from starlette.requests import Request

from local.mail.errors import ServiceError
from local.mail.http.exchange import signed_target

ALLOWED_SKEW = timedelta(minutes=5)
_SCHEME = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="


def check_signature(request: Request, body: bytes, access_key: str, real_now: datetime) -> None:
    """Refuses what is not signed with the key, not signed for this body, or signed too long ago.

    Args:
        request: as it was sent.
        body: its whole body.
        access_key: base64.
        real_now: aware UTC, the machine's own time: a client signs with that, whatever the emulator's clock shows.

    Raises:
        ServiceError: 401.
    """
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    date = request.headers.get("x-ms-date", "")
    authorization = request.headers.get("authorization", "")
    if not _is_recent(date, real_now) or not _same(request.headers.get("x-ms-content-sha256", ""), digest):
        raise _denied()
    if not _same(authorization, _SCHEME + _signature(request, date, digest, access_key)):
        raise _denied()


def _signature(request: Request, date: str, digest: str, access_key: str) -> str:
    text = f"{request.method}\n{signed_target(request)}\n{date};{request.headers.get('host', '')};{digest}"
    mac = hmac.new(base64.b64decode(access_key), text.encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def _is_recent(date: str, real_now: datetime) -> bool:
    try:
        signed_at = parsedate_to_datetime(date)
    except ValueError:
        return False
    return abs(signed_at.astimezone(UTC) - real_now) <= ALLOWED_SKEW


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _denied() -> ServiceError:
    return ServiceError(401, "Denied by the resource provider.")
