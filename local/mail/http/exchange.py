"""Requests and responses of the emulator, as far as they differ from Starlette's."""

from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.mail.errors import ServiceError, error_body

_REQUEST_ID = "x-ms-client-request-id"


async def read_json(request: Request) -> Any:
    """The body as JSON.

    Raises:
        ServiceError: 400, it is not JSON.
    """
    try:
        return await request.json()
    except ValueError:
        raise ServiceError(400, "The request body is not valid JSON.") from None


def signed_target(request: Request) -> str:
    """Path and query as they were sent, because they are signed that way."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


def error_response(error: ServiceError) -> JSONResponse:
    headers = {"x-ms-error-code": error.code}
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return JSONResponse({"error": error_body(error.code, error.message, error.target)}, error.status, headers)


class DroppedConnection(Response):
    """Closes the TCP connection instead of responding, as when a network or a front end breaks.

    ASGI has no way to do that: the server puts the connection's transport into the scope.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - sends nothing
        scope["state"]["transport"].abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class RequestIdEcho:
    """Returns the client's request id in every response, if the client asks for that."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        wanted = headers.get("x-ms-return-client-request-id") == "true"
        request_id = headers.get(_REQUEST_ID) if wanted else None

        async def send_with_id(message: Message) -> None:
            if request_id and message["type"] == "http.response.start":
                MutableHeaders(scope=message)[_REQUEST_ID] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)
