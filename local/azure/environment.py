"""Names and addresses of an installation, as `azd` gives them to its hooks or keeps them in its environment."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping


class MissingError(Exception):
    """It is not known where the installation is."""


def _azd_values() -> Mapping[str, str]:
    azd = shutil.which("azd")
    if azd is None:
        return {}
    done = subprocess.run([azd, "env", "get-values", "--output", "json"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {}


def environment(
    environ: Mapping[str, str], names: Iterable[str], ask_azd: Callable[[], Mapping[str, str]] = _azd_values
) -> Mapping[str, str]:
    """The values of these names: those of this process, else those of azd's chosen environment.

    Raises:
        MissingError: one of them is nowhere.
    """
    wanted = list(names)
    known = environ if all(environ.get(name) for name in wanted) else {**ask_azd(), **environ}
    if missing := [name for name in wanted if not known.get(name)]:
        raise MissingError(f"Not known: {', '.join(missing)}. Run `azd provision` first, and this in the same folder.")
    return {name: known[name] for name in wanted}
