"""Reads the bindings that an indexed function declares, in the shape of function.json."""

from collections.abc import Callable, Mapping
from typing import Any

from local.host.app.appsettings import AppSettings
from local.host.app.functions import (
    AuthLevel,
    EventGridTrigger,
    Function,
    HttpTrigger,
    QueueOutput,
    QueueTrigger,
    RetryPolicy,
    TimerTrigger,
    Trigger,
)
from local.host.errors import HostStartError

type Binding = Mapping[str, Any]


def build_function(
    name: str, function_id: str, bindings: list[dict[str, Any]], retry: RetryPolicy | None, settings: AppSettings
) -> Function:
    """Raises HostStartError when the function needs something that this host does not serve."""
    triggers = [binding for binding in bindings if binding["type"].lower() in _TRIGGERS]
    outputs = [binding for binding in bindings if binding["type"] == "queue" and _is_output(binding)]
    others = [b for b in bindings if b not in triggers and b not in outputs and b["type"] != "http"]
    if others or len(triggers) != 1:
        kinds = ", ".join(sorted(binding["type"] for binding in others or bindings))
        raise HostStartError(f"Function {name}: this host does not support these bindings: {kinds}.")
    return Function(
        name=name,
        id=function_id,
        trigger=_TRIGGERS[triggers[0]["type"].lower()](triggers[0], name, settings),
        outputs=tuple(_queue_output(output, settings) for output in outputs),
        retry=retry,
        disabled=settings.is_disabled(name),
    )


def _is_output(binding: Binding) -> bool:
    return str(binding.get("direction", "")).lower() == "out"


def _http(binding: Binding, name: str, _: AppSettings) -> Trigger:
    methods = binding.get("methods")
    return HttpTrigger(
        param=binding["name"],
        route=str(binding.get("route") or "").strip("/") or name,
        methods=frozenset(str(method).upper() for method in methods) if methods else None,
        level=AuthLevel(str(binding.get("authLevel", "FUNCTION")).upper()),
    )


def _queue(binding: Binding, _: str, settings: AppSettings) -> Trigger:
    return QueueTrigger(
        param=binding["name"],
        queue=_queue_name(binding, settings),
        connection=binding.get("connection"),
        binary=str(binding.get("dataType", "")).upper() == "BINARY",
    )


def _timer(binding: Binding, _: str, settings: AppSettings) -> Trigger:
    return TimerTrigger(
        param=binding["name"],
        schedule=settings.expand(binding["schedule"]),
        run_on_startup=bool(binding.get("runOnStartup", False)),
        use_monitor=bool(binding.get("useMonitor", True)),
    )


def _event_grid(binding: Binding, _: str, __: AppSettings) -> Trigger:
    return EventGridTrigger(binding["name"], many=str(binding.get("cardinality", "")).lower() == "many")


_TRIGGERS: dict[str, Callable[[Binding, str, AppSettings], Trigger]] = {
    "httptrigger": _http,
    "queuetrigger": _queue,
    "timertrigger": _timer,
    "eventgridtrigger": _event_grid,
}


def _queue_output(binding: Binding, settings: AppSettings) -> QueueOutput:
    return QueueOutput(binding["name"], _queue_name(binding, settings), binding.get("connection"))


def _queue_name(binding: Binding, settings: AppSettings) -> str:
    name = settings.expand(binding["queueName"]).lower()
    if "{" in name:
        raise HostStartError(f"Queue {name}: this host does not resolve binding expressions.")
    return name
