"""Answers of GOV.UK Notify that are not a success. Only `status_code` and `error` are stable: messages change."""

from starlette.responses import HTMLResponse, JSONResponse, Response

_USUAL = {400: "BadRequestError", 401: "AuthError", 403: "AuthError", 404: "NoResultFound", 429: "RateLimitError"}


class NotifyError(Exception):
    """An answer with one error. No answer of the service has a `Retry-After`.

    With "" as `error` it is an answer of the firewall before the service: a page, and no error that the API words.
    """

    def __init__(self, status: int, message: str, error: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = _USUAL.get(status, "Exception") if error is None else error
        self.message = message

    def response(self) -> Response:
        if not self.error:
            return HTMLResponse(f"<html><body><h1>{self.status}</h1></body></html>", self.status)
        errors = [{"error": self.error, "message": self.message}]
        return JSONResponse({"status_code": self.status, "errors": errors}, self.status)
