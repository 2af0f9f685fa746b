import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request

from local.mail.errors import ServiceError
from local.mail.http.signature import check_signature
from tests.unit.local.mail.message_builders import ACCESS_KEY

NOW = datetime(2026, 11, 22, 18, 47, 4, tzinfo=UTC)
BODY = b'{"a": 1}'


def signed_request(
    headers: dict[str, str] | None = None, *, key: str = ACCESS_KEY, at: datetime = NOW, body: bytes = BODY
) -> Request:
    """Signed by the published recipe, spelt out once more here."""
    path, query, host = "/emails:send", "api-version=2025-09-01", "127.0.0.1:5000"
    date = format_datetime(at, usegmt=True)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    text = f"POST\n{path}?{query}\n{date};{host};{digest}"
    signature = base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), "sha256")).decode()
    signed = f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"
    own = {"host": host, "x-ms-date": date, "x-ms-content-sha256": digest, "authorization": signed}
    scope = {"type": "http", "method": "POST", "raw_path": path.encode(), "query_string": query.encode()}
    return Request(scope | {"headers": Headers(own | (headers or {})).raw})


def test_a_request_signed_with_the_key_passes() -> None:
    check_signature(signed_request(), BODY, ACCESS_KEY, NOW)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(signed_request(key=base64.b64encode(b"another").decode()), id="another key"),
        pytest.param(signed_request(body=b'{"a": 2}'), id="another body"),
        pytest.param(signed_request({"authorization": ""}), id="no signature"),
        pytest.param(signed_request({"x-ms-date": ""}), id="no date"),
        pytest.param(signed_request({"x-ms-date": "yesterday"}), id="no real date"),
        pytest.param(signed_request({"x-ms-content-sha256": ""}), id="no digest"),
        pytest.param(signed_request({"host": "elsewhere"}), id="another host"),
        pytest.param(signed_request({"authorization": "Bearer é"}), id="another scheme"),
    ],
)
def test_a_request_signed_otherwise_is_denied(request_: Request) -> None:
    with pytest.raises(ServiceError) as refusal:
        check_signature(request_, BODY, ACCESS_KEY, NOW)
    assert (refusal.value.status, refusal.value.code) == (401, "Denied")


@pytest.mark.parametrize("skew", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_clock_five_minutes_off_is_still_trusted(skew: timedelta) -> None:
    check_signature(signed_request(at=NOW + skew), BODY, ACCESS_KEY, NOW)


@pytest.mark.parametrize("skew", [timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1)])
def test_a_clock_further_off_is_not_trusted(skew: timedelta) -> None:
    with pytest.raises(ServiceError):
        check_signature(signed_request(at=NOW + skew), BODY, ACCESS_KEY, NOW)
