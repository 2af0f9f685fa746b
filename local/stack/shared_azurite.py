"""One Azurite for everything that tests start in a process: each takes a pair of accounts that nothing else uses."""

import atexit
from contextlib import ExitStack

from local.stack.azurite import Azurite, running_azurite

_PAIRS = 100

_unused = list[Azurite]()
_until_the_end = ExitStack()
atexit.register(_until_the_end.close)


def unused_accounts() -> Azurite:
    """Returns accounts that hold nothing, in memory, until this process ends.

    Raises:
        ChildFailedError: Azurite does not start.
    """
    if not _unused:
        azurite = _until_the_end.enter_context(running_azurite(pairs=_PAIRS))
        _unused.extend(azurite.other(number) for number in range(_PAIRS))
    return _unused.pop(0)
