"""Unit tests speak to nobody."""

import hashlib
from collections.abc import Iterator
from functools import cache

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


@pytest.fixture(scope="session", autouse=True)
def _digested_once() -> Iterator[None]:
    """Computes the slow hash of a passphrase once for each salt, however many tests ask for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashlib, "scrypt", cache(hashlib.scrypt))
        yield
