"""Keys that unit tests share: to generate an RSA key takes a third of a second, and to check it a tenth."""

from collections.abc import Mapping
from functools import cache

from local.setup.keys import new_keys


@cache
def generated_keys(owner: str = "") -> Mapping[str, str]:
    """Fresh keys by setting's name, generated once in a process for each owner."""
    return new_keys()
