"""The rules by which Azure's host reads an HTTP request, where they differ from Starlette's."""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from starlette.requests import Request

from local.host.app.runtime import Datum


async def http_datum(request: Request, values: Mapping[str, str]) -> Datum:
    """The datum that the runtime turns into a `func.HttpRequest`; `values` are those of the route.

    Query parameters without a value are dropped, and so is a chunked body: it has no length, and functions do not get
    it.

    Raises:
        ClientDisconnect: the caller has gone before its body was complete.
    """
    raw_path: bytes = request.scope["raw_path"]
    body = await request.body() if "content-length" in request.headers else b""
    return Datum(
        {
            "method": Datum(request.method, "string"),
            "url": Datum(str(request.url.replace(path=raw_path.decode("latin-1"))), "string"),
            "headers": _texts(joined_headers(request)),
            "query": _texts({key: value for key, value in joined_query(request).items() if value}),
            "params": _texts(values),
            "body": Datum(body, "bytes"),
        },
        "http",
    )


def path_segments(request: Request) -> tuple[str, ...]:
    """The request's path, cut at its slashes and decoded; no empty segment at the end."""
    raw_path: str = request.scope["raw_path"].decode("latin-1")
    # Kestrel leaves an encoded slash as it is, so that it does not cut.
    decoded = [unquote(part.replace("%2F", "%252F").replace("%2f", "%252f")) for part in raw_path.split("/")[1:]]
    return tuple(decoded[:-1] if decoded and decoded[-1] == "" else decoded)


def joined_headers(request: Request) -> dict[str, str]:
    """Headers by their names in lower case; repeated ones are joined by commas."""
    return _joined((name.decode("latin-1"), _header_text(value)) for name, value in request.headers.raw)


def joined_query(request: Request) -> dict[str, str]:
    """Query parameters by the first spelling of their names; repeated ones, in any case, are joined by commas."""
    return _joined(request.query_params.multi_items())


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    spellings: dict[str, str] = {}
    joined: dict[str, str] = {}
    for name, value in pairs:
        key = spellings.setdefault(name.lower(), name)
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined


def _header_text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _texts(values: Mapping[str, str]) -> dict[str, Datum]:
    return {key: Datum(value, "string") for key, value in values.items()}
