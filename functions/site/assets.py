"""Static assets: style sheet, script and icons, served from memory at versioned addresses."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import azure.functions as func
from werkzeug.http import parse_etags

from functions.forms.request_values import header, route_value
from functions.web import look_files
from functions.web.compression import accepts_gzip
from functions.web.render import ASSETS, NHSUK_VERSION
from functions.web.responses import respond
from shared.bootstrap import services
from shared.config.settings import SettingsError
from shared.content.content import ContentError
from shared.wording.sentences import sentence

STATIC = Path(__file__).parents[1] / "static"
VENDORED = STATIC / f"nhsuk-{NHSUK_VERSION}"
OWN_STYLES = STATIC / "app.css"
OWN_SCRIPT = STATIC / "referral.js"
PRIVATE_STYLES = "private.min.css"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")

# Written out: `mimetypes` asks the operating system, and Windows may call a script text/plain.
_TYPES = {
    ".css": "text/css",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/manifest+json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # That of a page is longer than an icon.
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Vary": "Accept-Encoding",
}
_COMPRESSED = frozenset({".css", ".ico", ".js", ".json", ".svg"})

bp = func.Blueprint()


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent; `zipped` is empty if compression gains nothing."""

    body: bytes
    zipped: bytes
    mimetype: str
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """Every file by its path below `/assets/`; no other file on disk can be requested."""
    files = (path for path in VENDORED.rglob("*") if path.suffix in _TYPES)
    folder = ASSETS.removeprefix("/assets/")
    vendored = {f"{folder}/{path.relative_to(VENDORED).as_posix()}": _asset(path) for path in files}
    styles = vendored[f"{folder}/nhsuk-frontend.min.css"].body.decode()
    # Pages about referrals do not load the NHS typeface, which is on another server.
    own = {OWN_SCRIPT.name: _asset(OWN_SCRIPT), PRIVATE_STYLES: _sent(_FONT_FACE.sub("", styles).encode(), ".css")}
    return vendored | {f"{folder}/{name}": asset for name, asset in own.items()}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    if path == OWN_SCRIPT:
        body = b"".join(line.strip() + b"\n" for line in body.splitlines() if line)  # a line is no part of a text
    if path.suffix == ".css":
        body = body.replace(b"url(/assets/images/", f"url({ASSETS}/images/".encode())  # it names icons without version
        body += _without_comments(OWN_STYLES.read_text("utf-8")).encode()
    return _sent(body, path.suffix)


def _sent(body: bytes, suffix: str) -> Asset:
    zipped = gzip.compress(body, mtime=0) if suffix in _COMPRESSED else b""
    return Asset(body, zipped, _TYPES[suffix], hashlib.sha256(body).hexdigest()[:20])


def _without_comments(css: str) -> str:
    lines = _COMMENT.sub("", css).splitlines()
    return "".join(f"{line.strip()}\n" for line in lines if line.strip())


def _of_the_look(name: str) -> Asset | None:
    """Returns the style sheet or the logo of this installation, under its present name."""
    try:
        look = services().content.look
    except (SettingsError, ContentError):
        return None
    files = (look_files.style_sheet(look), look_files.logo(look))
    return next((_sent(file[1], Path(name).suffix) for file in files if file and file[0] == name), None)


@bp.function_name("assets")
@bp.route(route="assets/{*path}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
def get_asset(req: func.HttpRequest) -> func.HttpResponse:
    name = route_value(req, "path")
    asset = _of_the_look(name) if name.startswith(look_files.PREFIX) else assets().get(name)
    if asset is None:
        return respond(sentence("messages.not-found"), "text/plain", 404)
    zipped = bool(asset.zipped) and accepts_gzip(req)
    etag = f"{asset.digest}-gzip" if zipped else asset.digest
    headers = _HEADERS | {"ETag": f'"{etag}"'}
    if parse_etags(header(req, "if-none-match")).contains_weak(etag):
        return respond(b"", asset.mimetype, 304, headers)
    if zipped:
        return respond(asset.zipped, asset.mimetype, 200, headers | {"Content-Encoding": "gzip"})
    return respond(asset.body, asset.mimetype, 200, headers)
