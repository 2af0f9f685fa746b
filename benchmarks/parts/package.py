"""P15: from the start of a process to the first page, from the package that is deployed.

Byte code that Python took for stale would be compiled anew at each start, because a package cannot be written to. So
the package is compared with itself after all of its modules were compiled where it was unpacked.
"""

import http.client
import shutil
import statistics
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.hosts import process_of
from benchmarks.measure import ROUNDS, Measure
from benchmarks.storage import filled_storage
from benchmarks.stored_rows import Filling
from local.commands.package import build
from local.package.byte_code import compile_modules
from local.package.libraries import kept_libraries
from local.package.running_app import running_packaged_app
from local.paths import STATE
from local.process.ports import free_ports


def measures(folder: Path) -> Iterator[Measure]:
    """Yields the figure. `folder` gets the package and the logs."""
    deployed, compiled = folder / "deployed", folder / "compiled"
    with zipfile.ZipFile(build(folder / "built", kept_libraries(STATE))) as package:
        package.extractall(deployed)
    shutil.copytree(deployed, compiled)
    compile_modules(compiled)
    with filled_storage(folder, "package", Filling(1, 0), datetime.now(UTC)) as storage:
        rounds = [[_started(each, folder, storage.settings) for each in (deployed, compiled)] for _ in range(ROUNDS)]
    ours, baseline = (statistics.median(each[which] for each in rounds) for which in (0, 1))
    name = "P15 the package, from its start to the first page, CPU"
    yield Measure(name=name, ours=ours, baseline=baseline, baseline_name="compiled where it runs", budget=1.0)


def _started(package: Path, folder: Path, settings: Mapping[str, str]) -> float:
    """Milliseconds of CPU from the start of the web app to its first page."""
    [port] = free_ports(1)
    with running_packaged_app(package, folder, "web", port, settings) as app:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/", headers={"accept": "text/html"})
        status = connection.getresponse().status
        connection.close()
        if status != 200:
            raise RuntimeError(f"the first page: HTTP {status}")
        return process_of(app).cpu()
