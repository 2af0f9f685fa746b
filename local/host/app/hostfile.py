"""host.json: how the host behaves for every function of the app."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.host.errors import HostStartError
from local.host.timers.timespan import parse_timespan

_OVERRIDE = "AzureFunctionsJobHost__"


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """`extensions.queues`, with the defaults of Microsoft's storage extension."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta(0)
    max_polling_interval: timedelta = timedelta(minutes=1)
    base64: bool = True


@dataclass(frozen=True, slots=True)
class HostFile:
    """The part of host.json that this host follows. `function_timeout` is None when runs are not limited."""

    route_prefix: str = "api"
    function_timeout: timedelta | None = timedelta(minutes=30)
    queues: QueueOptions = QueueOptions()


def read_hostfile(app_root: Path, settings: Mapping[str, str]) -> HostFile:
    """Reads host.json, and the settings `AzureFunctionsJobHost__a__b` that override its entries, as in Azure.

    Raises:
        HostStartError: it is missing, not JSON, not version 2.0, or a value has no meaning.
    """
    path = app_root / "host.json"
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise HostStartError(f"There is no {path}.") from error
    except ValueError as error:
        raise HostStartError(f"{path} is not JSON: {error}") from error
    try:
        return _parse(_overridden(document, settings))
    except (TypeError, ValueError, AttributeError) as error:
        raise HostStartError(f"{path}: {error}") from error


def _parse(document: dict[str, Any]) -> HostFile:
    if document.get("version") != "2.0":
        raise ValueError('it needs "version": "2.0"')
    extensions = document.get("extensions", {})
    return HostFile(
        route_prefix=str(extensions.get("http", {}).get("routePrefix", "api")).strip("/"),
        function_timeout=_timeout(document.get("functionTimeout")),
        queues=_queues(extensions.get("queues", {})),
    )


def _timeout(value: str | None) -> timedelta | None:
    if value is None:
        return HostFile().function_timeout
    return None if value == "-1" else parse_timespan(value)


def _queues(raw: Mapping[str, Any]) -> QueueOptions:
    default = QueueOptions()
    batch_size = int(raw.get("batchSize", default.batch_size))
    if not 1 <= batch_size <= 32:
        raise ValueError("queues.batchSize has to be between 1 and 32")
    threshold = raw.get("newBatchThreshold", batch_size // 2 * (os.cpu_count() or 1))
    encoding = str(raw.get("messageEncoding", "base64")).lower()
    if encoding not in {"base64", "none"}:
        raise ValueError("queues.messageEncoding has to be base64 or none")
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=int(threshold),
        max_dequeue_count=int(raw.get("maxDequeueCount", default.max_dequeue_count)),
        visibility_timeout=parse_timespan(raw.get("visibilityTimeout", "00:00:00")),
        max_polling_interval=max(
            parse_timespan(raw.get("maxPollingInterval", "00:01:00")), timedelta(milliseconds=100)
        ),
        base64=encoding == "base64",
    )


def _overridden(document: dict[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    for name, value in settings.items():
        if name.startswith(_OVERRIDE):
            _put(document, name.removeprefix(_OVERRIDE).split("__"), value)
    return document


def _put(node: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        node = node.setdefault(_same_key(node, part), {})
    node[_same_key(node, path[-1])] = value


def _same_key(node: Mapping[str, Any], wanted: str) -> str:
    return next((key for key in node if key.lower() == wanted.lower()), wanted)
