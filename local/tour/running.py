"""The running services of a tour: one for each choice of settings that pages depend on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from local.stack.stack import Stack, running_stack
from shared.installation.facts import LONDON

_MORNING = datetime(2023, 9, 1, 9, 0, tzinfo=LONDON)
_NO_BUDGET = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}


@contextmanager
def stacks() -> Iterator[Callable[[tuple[tuple[str, str], ...]], Stack]]:
    """Yields a function from settings to the running service that has them, without sessions; all stop at the end."""
    known: dict[tuple[tuple[str, str], ...], Stack] = {}
    with ExitStack() as running:

        def stack_with(settings: tuple[tuple[str, str], ...]) -> Stack:
            if settings not in known:
                plan = running_stack(at=_MORNING, load=None, settings=_NO_BUDGET | dict(settings))
                known[settings] = running.enter_context(plan)
            return known[settings]

        yield stack_with
