"""Pages about referrals ask no other server for anything, whatever they answer."""

import azure.functions as func
import pytest

from functions.site.assets import PRIVATE_STYLES, assets
from functions.web.error_handling import ErrorHandling, Site
from functions.web.responses import page
from shared.tables.table import StorageUnavailableError
from tests.builders import content
from tests.every_row import every_row

HOST = "https://support.example"
PRIVATE = (
    "/one-to-one",
    "/one-to-one/status",
    "/one-to-one/sent/token",
    "/One-To-One",
    "/collect/token/file",
    "/acknowledge/t",
)
OTHERS = ("/", "/sessions", "/bookings/new", "/manage/token", "/privacy?from=/one-to-one")


def site() -> Site:
    return Site(content(), HOST)


def answer(path: str, error: Exception | None = None) -> func.HttpResponse:
    def handler(req: func.HttpRequest) -> func.HttpResponse:
        if error:
            raise error
        return page("<p>Hello</p>")

    return ErrorHandling(site)(handler)(func.HttpRequest("GET", HOST + path, body=b"", headers={"accept": "text/html"}))


def policy(response: func.HttpResponse) -> str:
    return str(response.headers["Content-Security-Policy"])


@every_row("error", [None, StorageUnavailableError("busy")])
@every_row("path", PRIVATE)
def test_a_page_about_a_referral_lets_the_browser_ask_no_other_server(path: str, error: Exception | None) -> None:
    response = answer(path, error)

    assert "font-src 'none'" in policy(response)
    assert "https://" not in policy(response)


@pytest.mark.parametrize("path", OTHERS)
def test_other_pages_have_the_typeface(path: str) -> None:
    assert "font-src https://assets.nhs.uk" in policy(answer(path))


def test_an_error_page_about_a_referral_does_not_even_try() -> None:
    error = StorageUnavailableError("busy")

    assert PRIVATE_STYLES in answer("/one-to-one", error).get_body().decode()
    assert PRIVATE_STYLES not in answer("/sessions", error).get_body().decode()


def test_their_style_sheet_is_the_same_without_the_typeface() -> None:
    sheets = {name.rpartition("/")[2]: asset.body.decode() for name, asset in assets().items() if name.endswith(".css")}
    private, others = sheets[PRIVATE_STYLES], sheets["nhsuk-frontend.min.css"]

    assert "@font-face" not in private
    assert "https://" not in private.replace("http://www.w3.org", "")
    assert others.count("@font-face{font-family:Frutiger W01") == 2
    assert ".app-link-button:focus {" in private
    assert len(others) - len(private) < 600
