"""Unit tests speak to nobody."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from azure.keyvault.keys.crypto._internal import rsa_key
from cryptography.hazmat.primitives.asymmetric import rsa
from jinja2.bccache import Bucket
from pytest_socket import disable_socket, enable_socket

from shared.content.content import Content
from shared.passphrase import PassphraseHash
from shared.template_cache import CompiledTemplates
from tests import builders


@pytest.fixture(autouse=True)
def _without_sockets() -> Iterator[None]:
    # An event loop wakes itself through a pair of Unix sockets, and speaks to nobody with them.
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once() -> Iterator[None]:
    """A test with an app or a renderer of its own compiles no template that an earlier one has compiled."""
    compiled = dict[tuple[Path, str], CodeType]()
    load = CompiledTemplates.load_bytecode

    def load_or_remember(self: CompiledTemplates, bucket: Bucket) -> None:
        load(self, bucket)
        bucket.code = bucket.code or compiled.get((self.path(bucket), bucket.checksum))

    def keep(self: CompiledTemplates, bucket: Bucket) -> None:
        if bucket.code:
            compiled[self.path(bucket), bucket.checksum] = bucket.code

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CompiledTemplates, "load_bytecode", load_or_remember)
        patch.setattr(CompiledTemplates, "dump_bytecode", keep)
        yield


@pytest.fixture(scope="session", autouse=True)
def _rsa_keys_checked_once() -> Iterator[None]:
    """`cryptography` takes 0.1 s to check a private key: the keys that tests share it checks once in a process."""
    checked = dict[str, rsa.RSAPrivateKey]()
    numbers_of = rsa.RSAPrivateNumbers

    class NumbersCheckedOnce:
        def __init__(self, **numbers: Any) -> None:
            self._numbers, self._public = numbers, numbers["public_numbers"]

        def private_key(self, *backend: Any) -> rsa.RSAPrivateKey:
            known_as = repr((sorted(self._numbers.items()), self._public.n, self._public.e))
            if known_as not in checked:
                checked[known_as] = numbers_of(**self._numbers).private_key(*backend)
            return checked[known_as]

    with pytest.MonkeyPatch.context() as patch:
        for module in (rsa, rsa_key):
            patch.setattr(module, "RSAPrivateNumbers", NumbersCheckedOnce)
        yield


@pytest.fixture(scope="module")
def passphrases_compared_once() -> Iterator[None]:
    """A hash is slow on purpose: a module that asks for this compares one text with one hash once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PassphraseHash, "_is_of", cache(PassphraseHash._is_of))
        yield


@pytest.fixture(scope="session")
def content() -> Content:
    return builders.content()
