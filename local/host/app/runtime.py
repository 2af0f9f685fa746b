"""The one place that knows azure-functions-runtime, the library that runs Python functions in Azure.

Its API is private (it was made for Microsoft's own worker), so its version is pinned exactly. It indexes the app and
converts bindings as in Azure; nothing here is a reimplementation of either.
"""

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime
from azure_functions_runtime import handle_event, native_invocation
from azure_functions_runtime.bindings.datumdef import Datum, parse_cookie_attr_expires
from azure_functions_runtime.bindings.meta import load_binding_registry

from local.host.app.functions import RetryPolicy
from local.host.errors import HostStartError

__all__ = ["Call", "Datum", "IndexedFunction", "RunResult", "Runtime", "parse_cookie_attr_expires"]


class _Record:
    """Stands for a protobuf message: the runtime only fills in fields."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


class _BindingInfo(_Record):
    undefined = 0
    out = 1
    inout = 2


@dataclass(frozen=True, slots=True)
class IndexedFunction:
    """`bindings` have the shape of function.json."""

    name: str
    id: str
    bindings: list[dict[str, Any]]
    retry: RetryPolicy | None


@dataclass(frozen=True, slots=True)
class Call:
    """Inputs of one call of a function; `retry` counts from 0, and `retries` is the most there may be."""

    inputs: Sequence[tuple[str, Datum]]
    metadata: Mapping[str, Datum] = field(default_factory=dict)
    retry: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class RunResult:
    """Result of a run. When it is not ok, the runtime has logged the exception."""

    ok: bool
    returned: Datum | None
    outputs: Mapping[str, Datum]


class Runtime:
    """Runs functions: sync ones in the runtime's thread pool, async ones on an event loop of their own.

    The loop is not the host's, because in Azure too a function that blocks its loop does not stop the host.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="functions", daemon=True)

    def index(self, app_root: Path) -> list[IndexedFunction]:
        """Imports function_app.py, found on sys.path, and returns what it declares.

        Raises:
            HostStartError: there is no such file, or it declares nothing.
            Exception: whatever importing or indexing the app raises.
        """
        handle_event.protos = SimpleNamespace(
            BindingInfo=_BindingInfo, RpcFunctionMetadata=_Record, RpcRetryOptions=_Record
        )
        load_binding_registry()
        handle_event.load_function_metadata(str(app_root), caller_info="local")
        metadata = handle_event._metadata_result  # noqa: SLF001 - the only way to what was indexed
        if not metadata:
            raise HostStartError(
                f"No functions were found in {app_root}: it needs a function_app.py that declares some."
            )
        return [
            IndexedFunction(m.name, m.function_id, [json.loads(raw) for raw in m.raw_bindings], _retry(m.retry_options))
            for m in metadata
        ]

    def start(self) -> None:
        """Starts the thread pool, of PYTHON_THREADPOOL_THREAD_COUNT threads, and the loop for async functions."""
        azure_functions_runtime.start_threadpool_executor()
        self._thread.start()

    def stop(self) -> None:
        """Cancels what runs. A sync function cannot be stopped: it keeps its thread until it ends."""
        asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        azure_functions_runtime.get_threadpool_executor().shutdown(wait=False, cancel_futures=True)

    async def run(self, function_id: str, invocation_id: str, call: Call) -> RunResult:
        """Runs a function to its end. When this is cancelled so is an async function; a sync one runs on, unheard."""
        running = asyncio.run_coroutine_threadsafe(
            native_invocation.invocation_request_native(
                invocation_id,
                function_id,
                list(call.inputs),
                dict(call.metadata),
                retry_count=call.retry,
                max_retry_count=call.retries,
            ),
            self._loop,
        )
        ok, returned, outputs, _, _ = await asyncio.wrap_future(running)
        return RunResult(ok, returned, dict(outputs))


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _retry(options: Any) -> RetryPolicy | None:
    if options is None:
        return None
    if options.retry_strategy == "fixed_delay":
        return RetryPolicy(options.max_retry_count, options.delay_interval, options.delay_interval)
    # Years would overflow the arithmetic of the delay, and no one waits for them.
    longest = min(options.maximum_interval, timedelta(days=1))
    return RetryPolicy(options.max_retry_count, options.minimum_interval, longest)
