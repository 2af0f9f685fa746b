"""A function app, indexed."""

import os
import sys
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.host.app.appsettings import AppSettings
from local.host.app.bindings import build_function
from local.host.app.functions import Function
from local.host.app.hostfile import HostFile, read_hostfile
from local.host.app.runtime import Runtime


@dataclass(frozen=True, slots=True)
class App:
    functions: tuple[Function, ...]
    hostfile: HostFile
    settings: AppSettings


def load_app(root: Path, settings: Mapping[str, str], runtime: Runtime) -> App:
    """Makes this process the app's own: its environment, folder and import path; then indexes it.

    Raises:
        HostStartError: this host cannot serve it.
        Exception: whatever importing it raises.
    """
    os.environ.update(settings)
    os.chdir(root)
    sys.path.insert(0, str(root))
    values = ChainMap(dict(settings), os.environ)
    app_settings = AppSettings(values)
    hostfile = read_hostfile(root, values)
    functions = tuple(
        build_function(found.name, found.id, found.bindings, found.retry, app_settings) for found in runtime.index(root)
    )
    return App(functions, hostfile, app_settings)
