"""Runs a Python module that stops when its standard input closes: when its parent says so, or dies in any way."""

import os
import runpy
import signal
import sys
import threading
import time

_GRACE_SECONDS = 12.0


def _stop_with_parent() -> None:
    while os.read(0, 4096):
        pass
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGTERM)  # to the process, so that the main thread wakes up whatever it waits for
    else:
        signal.raise_signal(signal.SIGTERM)  # there, os.kill would end the process on the spot
    time.sleep(_GRACE_SECONDS)
    os._exit(1)


def main() -> None:
    module, *arguments = sys.argv[1:]
    threading.Thread(target=_stop_with_parent, name="lifeline", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
