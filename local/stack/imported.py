"""Imports all that a function host and an email emulator need, and reads no setting: copies of it start at once."""

import importlib
import pkgutil

import functions
import shared

_AT_FIRST_USE = (
    "azure.core.rest._requests_basic",
    "cryptography.hazmat.primitives.kdf.argon2",
    "jinja2.ext",
    "phonenumbers",
)
_RUN = ("local.mail.http.server", "local.stack.kept_templates", "local.stack.site")
# All but `function_app`, which reads the settings of its own process.
_SERVICE = [
    each.name
    for package in (functions, shared)
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]

for _each in (*_RUN, *_SERVICE, *_AT_FIRST_USE):
    importlib.import_module(_each)
