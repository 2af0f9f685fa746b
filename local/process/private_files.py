"""Files of a local run that only the person who runs it can read. Standard library only; no effect on Windows."""

import os
from pathlib import Path

_OTHERS = 0o077


def keep_private() -> None:
    """Lets nobody else read what this process, and those that it starts, create from now on."""
    os.umask(_OTHERS)


def closed_to_others(folder: Path) -> Path:
    """The folder, made if it is not there, which nobody else can look into or change. Never for a folder of others."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
