"""Style sheet, script and icons."""

import gzip
import hashlib
import json
import re
from importlib.metadata import metadata, version
from pathlib import PurePosixPath

import pytest

from functions.site.assets import OWN_SCRIPT, OWN_STYLES, VENDORED, assets, get_asset
from functions.web.render import ASSETS, NHSUK_VERSION, OWN_FILES
from tests.every_row import every_row
from tests.unit.functions import http_requests

FOLDER = ASSETS.removeprefix("/assets/")
CSS = f"{FOLDER}/nhsuk-frontend.min.css"
SCRIPT = f"{FOLDER}/nhsuk-frontend.min.js"


def below_assets(url: str) -> str:
    return url.removeprefix("/assets/")


def test_the_style_sheet_is_of_the_version_that_the_templates_were_made_for() -> None:
    css = (VENDORED / "nhsuk-frontend.min.css").read_text("utf-8")
    table = re.findall(r"\| *([\d.]+) *\| *([\d.]+) *\|", str(metadata("nhsuk-frontend-jinja")))
    [wanted] = [frontend for frontend, jinja in table if jinja == version("nhsuk-frontend-jinja")]
    assert re.findall(r'--nhsuk-frontend-version:"([^"]+)"', css) == [wanted]
    assert wanted == NHSUK_VERSION


def test_the_vendored_files_say_where_they_come_from_and_under_which_licence() -> None:
    note = (VENDORED / "VERSION.md").read_text("utf-8")
    assert f"nhsuk-frontend@{NHSUK_VERSION}" in note
    assert "MIT License" in note


def test_our_own_styles_are_part_of_the_one_style_sheet_and_its_address_changes_with_them() -> None:
    css = get_asset(http_requests.get(CSS)).get_body().decode()
    assert css.startswith((VENDORED / "nhsuk-frontend.min.css").read_text("utf-8")[:1000])
    assert ".app-link-button:focus {" in css
    assert "/* What the pages need" not in css
    own_files = OWN_STYLES.read_bytes() + OWN_SCRIPT.read_bytes()
    assert hashlib.sha256(own_files).hexdigest()[:8] == OWN_FILES


def test_our_own_script_is_one_small_module_of_under_4_kb() -> None:
    answer = get_asset(http_requests.get(f"{FOLDER}/referral.js"))
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert len(answer.get_body()) < 4096


@pytest.mark.parametrize(
    ("path", "mimetype"),
    [
        (CSS, "text/css"),
        (SCRIPT, "text/javascript"),
        (f"{FOLDER}/manifest.json", "application/manifest+json"),
        (f"{FOLDER}/images/favicon.ico", "image/x-icon"),
        (f"{FOLDER}/images/favicon.svg", "image/svg+xml"),
        (f"{FOLDER}/images/nhsuk-icon-180.png", "image/png"),
    ],
)
def test_each_kind_of_file_says_what_it_is(path: str, mimetype: str) -> None:
    answer = get_asset(http_requests.get(path))
    assert (answer.status_code, answer.mimetype) == (200, mimetype)


def test_every_icon_that_the_style_sheet_names_is_served_under_the_version() -> None:
    css = get_asset(http_requests.get(CSS)).get_body().decode()
    icons = {url for url in re.findall(r"url\(([^)]+)\)", css) if not url.startswith("https://assets.nhs.uk/fonts/")}
    assert icons
    assert all(url.startswith(f"{ASSETS}/") and below_assets(url) in assets() for url in icons)


def test_every_icon_of_the_manifest_is_served() -> None:
    path = f"{FOLDER}/manifest.json"
    icons = json.loads(get_asset(http_requests.get(path)).get_body())["icons"]
    assert icons
    assert all(str(PurePosixPath(path).parent / icon["src"]) in assets() for icon in icons)


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "deflate, gzip;q=0.5", "*"])
def test_a_browser_that_can_unzip_gets_a_tenth_of_the_bytes(accepted: str) -> None:
    plain, zipped = get_asset(http_requests.get(CSS)), get_asset(http_requests.get(CSS, accept_encoding=accepted))
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.get_body()) == plain.get_body()
    assert len(zipped.get_body()) < len(plain.get_body()) / 8
    assert zipped.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_a_browser_that_cannot_unzip_gets_it_plain(accepted: str) -> None:
    answer = get_asset(http_requests.get(CSS, accept_encoding=accepted))
    assert "Content-Encoding" not in answer.headers
    assert answer.get_body().startswith(b'@charset "UTF-8"')


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("quoted", ["{}", "W/{}", '"other", {}', "*"])
def test_a_browser_that_has_it_is_told_so(encoding: str, quoted: str) -> None:
    tag = get_asset(http_requests.get(CSS, accept_encoding=encoding)).headers["ETag"]
    answer = get_asset(http_requests.get(CSS, accept_encoding=encoding, if_none_match=quoted.format(tag)))
    assert (answer.status_code, answer.get_body(), answer.headers["ETag"]) == (304, b"", tag)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_browser_that_has_another_one_gets_this_one() -> None:
    answer = get_asset(http_requests.get(CSS, if_none_match='"other"'))
    assert (answer.status_code, bool(answer.get_body())) == (200, True)


def test_zipped_and_plain_are_different_to_a_cache() -> None:
    tags = {
        get_asset(http_requests.get(CSS, accept_encoding=encoding)).headers["ETag"] for encoding in ("gzip", "identity")
    }
    assert len(tags) == 2


@every_row(
    "path",
    [
        "",
        "nowhere.css",
        f"{FOLDER}",
        f"{FOLDER}/",
        f"{FOLDER}/VERSION.md",
        "../pages.py",
        "../templates/layout.html",
        f"{FOLDER}/../../pages.py",
        "/etc/passwd",
        "..\\pages.py",
        "%2e%2e/pages.py",
        f"{FOLDER}\\manifest.json",
        "images/nhsuk-icon-cross.svg\x00",
    ],
)
def test_nothing_else_on_the_disk_can_be_asked_for(path: str) -> None:
    answer = get_asset(http_requests.get(path))
    assert (answer.status_code, answer.get_body()) == (404, b"Not found")


def test_anyone_may_have_them_and_only_by_get_or_head() -> None:
    settings = get_asset._function.get_raw_bindings()
    trigger = next(json.loads(each) for each in settings if json.loads(each)["type"] == "httpTrigger")
    assert trigger["route"] == "assets/{*path}"
    assert [str(method) for method in trigger["methods"]] == ["GET", "HEAD"]
    assert str(trigger["authLevel"]).upper() == "ANONYMOUS"
