"""Answers of GOV.UK Notify that are not a success. Only `status_code` and `error` are stable: messages change."""

from starlette.responses import JSONResponse

_USUAL = {400: "BadRequestError", 401: "AuthError", 403: "AuthError", 404: "NoResultFound", 429: "RateLimitError"}


class NotifyError(Exception):
    """An answer with one error. No answer of the service has a `Retry-After`."""

    def __init__(self, status: int, message: str, error: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = error or _USUAL.get(status, "Exception")
        self.message = message

    def response(self) -> JSONResponse:
        errors = [{"error": self.error, "message": self.message}]
        return JSONResponse({"status_code": self.status, "errors": errors}, self.status)
