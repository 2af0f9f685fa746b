"""Logs failed requests, without anything that was sent."""

import logging
import secrets
import traceback
from pathlib import PurePath

from functions.forms.availability import ClosedError
from functions.problems.problem_details import UNEXPECTED, Problem
from shared.config.settings import SettingsError
from shared.content.content import ContentError

logger = logging.getLogger(__name__)


def log(error: Exception, problem: Problem) -> str:
    """Logs one line; returns the correlation id by which a report is found in the log, empty if nothing failed."""
    is_failure = problem.status >= 500 and not isinstance(error, ClosedError)
    correlation = secrets.token_hex(4) if is_failure else ""
    if isinstance(error, (SettingsError, ContentError)):
        logger.error("not ready %s: %s", correlation, error)  # names of settings and of parts of the content, no values
    elif problem is UNEXPECTED:
        logger.error("unexpected %s: %s", correlation, exception_locations(error))
    elif is_failure:
        logger.warning("busy %s: %s", correlation, exception_locations(error))
    else:
        logger.info("answered %d: %s", problem.status, type(error).__name__)
    return correlation


def exception_locations(error: BaseException) -> str:
    """Types and code locations of an exception and of its causes; never their messages, which may quote input."""
    parts: list[str] = []
    each: traceback.TracebackException | None = traceback.TracebackException.from_exception(error, lookup_lines=False)
    while each is not None:
        frames = [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in each.stack]
        parts.append(f"{each.exc_type_str} at {' > '.join(frames)}")
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return ", after ".join(parts)


def _place(filename: str) -> str:
    return "/".join(PurePath(filename).parts[-2:])
