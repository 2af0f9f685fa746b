"""Logging without people in it."""

import logging
import re

_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")


class WithoutAddresses(logging.Filter):
    """The last net: whatever looks like an e-mail address never leaves the process. The first is not to log any."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if "@" in text:
            record.msg, record.args = _ADDRESS.sub("[address]", text), ()
        return True


def configure() -> None:
    """Quietens the Azure SDK, which logs partition and row keys in its URLs, and nets addresses on every handler."""
    logging.getLogger("azure").setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        if not any(isinstance(each, WithoutAddresses) for each in handler.filters):
            handler.addFilter(WithoutAddresses())
