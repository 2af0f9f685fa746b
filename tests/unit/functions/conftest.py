"""The copy of this trust and of one that does not exist."""

import logging

import pytest

from functions.web.error_handling import Answering, Site
from shared.content.content import Content
from tests import builders


@pytest.fixture(scope="session")
def other_content() -> Content:
    return builders.other_content()


@pytest.fixture
def answering(content: Content) -> Answering:
    return Answering(lambda: Site(content, "https://www.known.example"))


@pytest.fixture(autouse=True)
def _everything_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
