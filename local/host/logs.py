"""The host's log output."""

import logging
import sys


def configure_logging() -> None:
    """Everything from INFO on goes to standard error, one line each, exceptions with their traceback."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # The host's own polling and serving would fill the screen; in Azure another process does that.
    logging.getLogger("azure").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
