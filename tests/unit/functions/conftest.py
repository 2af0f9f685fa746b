"""The copy of this trust and of one that does not exist."""

import logging
from typing import Any

import pytest

from functions.responses import Answering, Site
from shared.content import Content
from tests import builders


def invented(value: Any, name: str = "Invented") -> Any:
    """The same copy with other words in every place."""
    if isinstance(value, dict):
        return {key: invented(each, f"{name} {key}") for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [invented(each, f"{name} {place}") for place, each in enumerate(value)]
    return name


@pytest.fixture(scope="session")
def content() -> Content:
    return builders.content()


@pytest.fixture(scope="session")
def other_content(content: Content) -> Content:
    return Content.model_validate(invented(content.model_dump()))


@pytest.fixture
def answering(content: Content) -> Answering:
    return Answering(lambda: Site(content, "https://www.known.example"))


@pytest.fixture(autouse=True)
def _everything_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
