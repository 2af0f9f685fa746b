"""One browser and one service for all of these tests; a window of its own for each of them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from local.stack.stack import Stack
from local.tour import Visitor, stacks
from local.tour.browser import NoBrowserError, open_page, running_browser
from tests.e2e.browser.page_audit import PageReport, audit_walk

type Stacks = Callable[[tuple[tuple[str, str], ...]], Stack]
type Visit = Callable[..., Any]
PHONE: ViewportSize = {"width": 320, "height": 640}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
_MILLISECONDS = 60_000  # only what never comes is waited for so long
expect.set_options(timeout=_MILLISECONDS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with ExitStack() as open_:
        try:
            found = open_.enter_context(running_browser())
        except NoBrowserError as error:
            pytest.fail(str(error), pytrace=False)
        yield found


@pytest.fixture(scope="session")
def running() -> Iterator[Stacks]:
    """The service with some settings, started when it is first asked for."""
    with stacks() as found:
        yield found


@pytest.fixture(scope="session")
def stack(running: Stacks) -> Stack:
    """In place of the one that other tests share: it has no sessions, and sends as many emails as it likes."""
    return running(())


@pytest.fixture
def visit(browser: Browser, running: Stacks) -> Visit:
    """Opens windows that belong to one person each; whatever was wrong on any page in them fails the test."""

    @contextmanager
    def person(**options: Any) -> Iterator[Visitor]:
        stack = running(options.pop("needs", ()))
        with open_page(browser, **{"viewport": DESKTOP} | options) as (page, issues):
            page.context.set_default_timeout(_MILLISECONDS)
            yield Visitor(page, stack, stack.site)
            assert issues.third_party_requests == [], "no third party but the NHS font"
            assert issues.browser_errors == []

    return person


@pytest.fixture
def visitor(visit: Visit) -> Iterator[Visitor]:
    with visit() as someone:
        yield someone


@pytest.fixture(scope="session")
def page_reports(browser: Browser, running: Stacks) -> Callable[[Any], list[PageReport]]:
    """Audits each page of a walk; each walk is gone once."""
    known: dict[str, list[PageReport]] = {}

    def of(walk: Any) -> list[PageReport]:
        if walk.name not in known:
            known[walk.name] = audit_walk(browser, running(walk.needs), walk)
        return known[walk.name]

    return of
