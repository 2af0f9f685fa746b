"""Redaction of email addresses in logs."""

import logging
import re

_ADDRESS = re.compile(r"(?<![^\s@<>\"'])[^\s@<>\"']++@[^\s@<>\"']+")
_FORMATTER = logging.Formatter()


class AddressRedactionFilter(logging.Filter):
    """Replaces email addresses in log records: a safeguard behind the rule not to log any.

    It covers the message with its arguments, the exception with its traceback, and the stack.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        text = _message(record)
        if "@" in text:
            record.msg, record.args = _redacted(text), ()
        error = record.exc_text or _traceback(record)
        if "@" in error:
            # Without `exc_info`, which some handlers would format again.
            record.exc_text, record.exc_info = _redacted(error), None
        if record.stack_info and "@" in record.stack_info:
            record.stack_info = _redacted(record.stack_info)
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # a mistake in a log line must not stop the code that logs it
        record.args = ()
        return str(record.msg)


def _traceback(record: logging.LogRecord) -> str:
    return _FORMATTER.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""


def _redacted(text: str) -> str:
    return _ADDRESS.sub("[address]", text)


def configure() -> None:
    """Silences the Azure SDK, which logs URLs with row keys, and adds the redaction filter to every handler."""
    logging.getLogger("azure").setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        if not any(isinstance(each, AddressRedactionFilter) for each in handler.filters):
            handler.addFilter(AddressRedactionFilter())
