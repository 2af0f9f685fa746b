"""A host for function apps of the Python v2 model, on a developer's machine.

It drives azure-functions-runtime, the library that runs Python functions in Azure, and does around it what Azure's
host does: routes, keys, timers, queues, Event Grid, output bindings. It knows nothing of any particular app.
"""

from local.host.clock import Clock, SystemClock
from local.host.http.keys import HostKeys
from local.host.serving import serve

__all__ = ["Clock", "HostKeys", "SystemClock", "serve"]
