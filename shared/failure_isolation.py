"""Running one part of a longer run so that its failure stops no other part and is logged without personal data."""

import logging
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result[T]:
    """The value that a part returned, or the error that it ended with; `value` is None after an error."""

    value: T | None = None
    error: Exception | None = None

    @property
    def succeeded(self) -> bool:
        return self.error is None


def run_isolated[T](logger: logging.Logger, part: str, action: Callable[[], T], *passing: type[Exception]) -> Result[T]:
    """Runs `action` and returns its result; any `Exception` is logged as "PART failed: TYPE" and returned.

    Errors of the types `passing` are raised: those that would meet every other part as well.

    `part` names what runs, for operators: it must hold no personal data. The error's text is never logged, because it
    can quote a cell. `BaseException` (a stop of the process) passes through.
    """
    try:
        return Result(action())
    except passing:
        raise
    except Exception as error:  # noqa: BLE001  # one part must not stop the others
        logger.error("%s failed: %s", part, type(error).__name__)  # noqa: TRY400  # no traceback: it quotes values
        return Result(error=error)
