"""The two ways in which a request ends badly."""

from http import HTTPStatus
from typing import Any

_CODES = {400: "BadRequest", 401: "Denied", 429: "TooManyRequests"}


def usual_code(status: int) -> str:
    """Error code that goes with an HTTP status, e.g. `ServiceUnavailable` for 503."""
    try:
        return _CODES.get(status) or "".join(HTTPStatus(status).phrase.split())
    except ValueError:
        return "UnknownError"


def error_body(code: str, message: str, target: str | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "target": target, "details": None, "innererror": None}


class ServiceError(Exception):
    """An answer of the service that is not a success.

    `retry_after` is seconds of the emulator's clock, undivided however fast that clock runs: the caller under test
    lives by the same clock and adds the value to its own "now". (A text is passed on as it is, to play a service
    that answers with a date.)
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        target: str | None = None,
        retry_after: int | str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code or usual_code(status)
        self.message = message
        self.target = target
        self.retry_after = retry_after


class InvalidMessageError(ServiceError):
    """400, worded as the service words it.

    Args:
        place: the offending property, e.g. `content.subject`.
        message: words of its own, where the service has some for this case.
    """

    def __init__(self, place: str, message: str | None = None) -> None:
        super().__init__(400, message or f"Request body validation error. See property '{place}'", target=place)


class ConnectionDroppedError(Exception):
    """The connection is to be closed without an answer."""
