"""A real browser, for tests and screenshots: the Chromium that the machine has, never one that is downloaded."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

FONT_HOST = "assets.nhs.uk"
PATH_VARIABLE = "CHROMIUM"

# First Chromium without its own windows: the same pages for less than half the CPU time.
_SHELL = "chromium-headless-shell"
_NAMES = (_SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_LAUNCH_ARGUMENTS = (
    "--no-sandbox",  # it opens only our own pages, and in a container there is no other way
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # quicker than asking us about each request
)
_LOCALHOST = "127.0.0.1"
_STATUS_MESSAGE = "the server responded with a status of"


class NoBrowserError(Exception):
    """This machine has no browser that we know. The text says what to install."""


@dataclass(frozen=True, slots=True)
class PageIssues:
    """Faults of pages that the pages do not show, in the order in which they happened."""

    third_party_requests: list[str] = field(default_factory=list)
    font_requests: list[str] = field(default_factory=list)
    browser_errors: list[str] = field(default_factory=list)


def browser_path(environment: Mapping[str, str] | None = None, *, with_session_files: bool = False) -> str:
    """The executable: the one that `CHROMIUM` names, else the first that is found. Raises NoBrowserError.

    `with_session_files`: one that keeps what was open, as people's browsers do; the headless shell keeps nothing.
    """
    known = os.environ if environment is None else environment
    names = [name for name in _NAMES if not (with_session_files and name == _SHELL)]
    wanted = [known[PATH_VARIABLE]] if known.get(PATH_VARIABLE) else names
    found = (shutil.which(name, path=known.get("PATH", "")) for name in wanted)
    path = next((each for each in found if each), None)
    if path is None:
        raise NoBrowserError(
            f"No browser: looked for {', '.join(wanted)}. Install Chromium (Debian: apt install chromium), "
            f"or set {PATH_VARIABLE} to its path."
        )
    return path


@contextmanager
def running_browser() -> Iterator[Browser]:
    """One browser, closed at the end. Raises NoBrowserError before anything is started."""
    path = browser_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_LAUNCH_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_profile(browser: Browser, folder: Path, **options: Any) -> Iterator[Page]:
    """A page in a browser of its own that keeps its files in this folder, as one on a shared computer does."""
    path, arguments = browser_path(with_session_files=True), list(_LAUNCH_ARGUMENTS)
    context = browser.browser_type.launch_persistent_context(folder, executable_path=path, args=arguments, **options)
    try:
        yield context.pages[0]
    finally:
        context.close()


@contextmanager
def open_page(browser: Browser, **options: Any) -> Iterator[tuple[Page, PageIssues]]:
    """A page in a window of its own, as a person from England sees it who has never been here.

    Nothing is fetched from anywhere but this machine: the NHS font is left out, and whatever else is asked for is
    noted. `options` are Playwright's for a context.
    """
    context = browser.new_context(**{"locale": "en-GB", "timezone_id": "Europe/London"} | options)
    context.set_default_timeout(60_000)
    issues = PageIssues()
    _listen(context, issues)
    try:
        yield context.new_page(), issues
    finally:
        context.close()


def _is_about_a_referral(request: Request) -> bool:
    return urlsplit(request.frame.url).path.startswith(("/one-to-one", "/acknowledge", "/collect"))


def _listen(context: BrowserContext, issues: PageIssues) -> None:
    def asked(request: Request) -> None:
        host = urlsplit(request.url).hostname
        may_ask = {_LOCALHOST, None} if _is_about_a_referral(request) else {_LOCALHOST, FONT_HOST, None}
        if host == FONT_HOST:
            issues.font_requests.append(request.url)
        if host not in may_ask:
            issues.third_party_requests.append(request.url)

    def failed(request: Request) -> None:
        was_left = request.failure == "net::ERR_ABORTED"  # the person went on to the next page before it had come
        is_part = request.resource_type != "document" and urlsplit(request.url).hostname == _LOCALHOST
        if is_part and not was_left:
            issues.browser_errors.append(f"not loaded: {request.url}")

    def said(message: ConsoleMessage) -> None:
        where = str(message.location.get("url", ""))
        is_known = urlsplit(where).hostname == FONT_HOST or _STATUS_MESSAGE in message.text
        if message.type in {"error", "warning"} and not is_known:
            issues.browser_errors.append(f"{message.text} ({where})")

    context.on("request", asked)
    context.on("requestfailed", failed)
    context.on("console", said)
    context.on("weberror", lambda error: issues.browser_errors.append(str(error.error)))
