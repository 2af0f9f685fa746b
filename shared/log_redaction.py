"""Logging without people in it."""

import logging
import re

_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_FORMATTER = logging.Formatter()


class AddressRedactionFilter(logging.Filter):
    """The last net: whatever looks like an e-mail address never leaves the process. The first is not to log any.

    It covers the message, what is put into it, the exception with its traceback, and the stack.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        text = _message(record)
        if "@" in text:
            record.msg, record.args = _redacted(text), ()
        error = record.exc_text or _traceback(record)
        if "@" in error:
            # Without `exc_info`: some handlers would write it out anew.
            record.exc_text, record.exc_info = _redacted(error), None
        if record.stack_info and "@" in record.stack_info:
            record.stack_info = _redacted(record.stack_info)
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # whatever it is: a mistake in a log line must not stop what logs it
        record.args = ()
        return str(record.msg)


def _traceback(record: logging.LogRecord) -> str:
    return _FORMATTER.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""


def _redacted(text: str) -> str:
    return _ADDRESS.sub("[address]", text)


def configure() -> None:
    """Quietens the Azure SDK, which logs partition and row keys in its URLs, and nets addresses on every handler."""
    logging.getLogger("azure").setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        if not any(isinstance(each, AddressRedactionFilter) for each in handler.filters):
            handler.addFilter(AddressRedactionFilter())
