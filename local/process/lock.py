"""One installation at a time. Standard library only."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def exclusive_lock(lock: Path) -> Iterator[None]:
    """Waits until no other process holds the lock, and holds it.

    Programs started within it inherit it (with `close_fds=False`): if this process is killed, the next one waits for
    what it left running.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w", encoding="utf-8") as file:
        said = False
        while not _try_lock(file):
            if not said:
                print("Another installation is in progress; waiting for it to finish.", flush=True)
            said = True
            time.sleep(0.2)
        os.set_inheritable(file.fileno(), True)
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
