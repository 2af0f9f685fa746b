"""The developer's commands: `python dev.py` runs the whole service, `python dev.py test` tests it.

Needs nothing but Python 3.13; `python dev.py help` says more.
"""

import runpy
import sys

if __name__ == "__main__":
    if sys.version_info[:2] != (3, 13):
        sys.exit(
            f"This project needs Python 3.13, the one that Azure runs, and this is {sys.version.split()[0]}.\n"
            "Get it from https://www.python.org/downloads/ and use `python3.13 dev.py` (Windows: `py -3.13 dev.py`)."
        )
    runpy.run_module("local.commands.main", run_name="__main__", alter_sys=True)
