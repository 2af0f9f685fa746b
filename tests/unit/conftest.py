"""Unit tests speak to nobody."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket

from shared.content.content import Content
from tests import builders


@pytest.fixture(autouse=True)
def _without_sockets() -> Iterator[None]:
    # An event loop wakes itself through a pair of Unix sockets, and speaks to nobody with them.
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(scope="session")
def content() -> Content:
    return builders.content()
