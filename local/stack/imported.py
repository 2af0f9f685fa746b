"""Imports all that a function host and an email emulator need, and reads no setting: copies of it start at once."""

import importlib
import pkgutil

import functions
import local.mail.http.server
import local.stack.kept_templates
import local.stack.site  # noqa: F401

# All but `function_app`, which reads the settings of its own process.
for _each in pkgutil.walk_packages(functions.__path__, "functions."):
    importlib.import_module(_each.name)
