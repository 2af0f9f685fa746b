"""The copy of this trust and of one that does not exist."""

import logging

import pytest

from functions.web.error_handling import ErrorHandling, Site
from shared.content.content import Content
from tests import builders
from tests.unit.functions.page_examples import PAGES, Pages, show


@pytest.fixture(scope="session")
def other_content() -> Content:
    return builders.other_content()


@pytest.fixture(scope="session")
def pages(content: Content) -> Pages:
    """Every page in every state."""
    return {name: show(name, content) for name in PAGES}


@pytest.fixture
def handle_errors(content: Content) -> ErrorHandling:
    return ErrorHandling(lambda: Site(content, "https://www.known.example"))


@pytest.fixture(autouse=True)
def _everything_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
