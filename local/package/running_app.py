"""A package that runs on the local function host, which finds nothing of the project beside itself but the package."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.package.folder import LIBRARIES
from local.paths import ROOT
from local.process.child_process import running_child
from local.stack.host_client import HostClient

_KEYS = {"master": "master", "function": "function", "system": "system"}


@contextmanager
def running_packaged_app(
    package: Path, place: Path, role: str, port: int, settings: Mapping[str, str]
) -> Iterator[HostClient]:
    """Starts an app from the folder of an unpacked package and yields it when it answers.

    Args:
        package: the folder.
        place: gets settings and logs.
        role: "web" or "worker".
        port: of 127.0.0.1.
        settings: those that both apps share.

    Raises:
        ChildFailedError: it does not start.
    """
    beside, values = place / "beside", place / f"{role}.json"
    beside.mkdir(exist_ok=True)
    if not (beside / "local").exists():
        (beside / "local").symlink_to(ROOT / "local")
    own = {name: value for name, value in settings.items() if role == "worker" or name != "REFERRAL_PRIVATE_KEY"}
    values.write_text(json.dumps({"Values": {**own, "SERVICE_ROLE": role}}), "utf-8")
    (place / "keys.json").write_text(json.dumps(_KEYS), "utf-8")
    site_packages = [path for path in sys.path if Path(path).name == "site-packages"]
    python: list[str | Path] = [sys.executable, "-S", "-P", "-X", "utf8", "-u", "-m", "local.process.child_main"]
    files: list[str | Path] = ["--settings", values, "--keys", place / "keys.json"]
    command = [*python, "local.host", package, "--port", str(port), *files]
    env = {"PYTHONPATH": os.pathsep.join(map(str, (package / LIBRARIES, beside, *site_packages)))}
    with running_child(f"The {role} app", command, log=place / f"{role}.log", env=env) as child:
        client = HostClient(f"http://127.0.0.1:{port}", _KEYS["master"], _KEYS["system"], child)
        child.wait_until(client.is_running)
        yield client
