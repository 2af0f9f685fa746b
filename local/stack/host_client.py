"""Client of the local function host: sees whether it runs and is idle, and runs a function now."""

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from local.process.child_process import Child

_SECONDS = 300.0


class FunctionFailedError(Exception):
    """A function that was run now did not succeed, or the host would not run it."""


@dataclass(frozen=True, slots=True)
class HostClient:
    """One running function host. `url` has no slash at its end."""

    url: str
    master_key: str = field(repr=False)
    system_key: str = field(repr=False)
    child: Child = field(repr=False)

    def webhook(self, function: str) -> str:
        """URL to which Event Grid posts the events of that function."""
        return f"{self.url}/runtime/webhooks/eventgrid?functionName={function}&code={self.system_key}"

    def is_running(self) -> bool:
        try:
            status, answer = self._ask("GET", "/admin/host/status")
        except (OSError, http.client.HTTPException):
            return False
        return status == 200 and bool(answer.get("state") == "Running")

    def is_idle(self) -> bool:
        """True if no function is running and no message waits to be handled; asks for at most a second."""
        status, answer = self._ask("GET", "/admin/host/idle?wait=1")
        return status == 200 and bool(answer["idle"])

    def run(self, function: str, message: str = "") -> None:
        """Runs a timer's or queue's function now, even a disabled one, and returns when it has ended.

        `message` is what a queue's function finds in its message.

        Raises:
            FunctionFailedError: it raised, it is disabled, or there is none of that name.
        """
        status, answer = self._ask("POST", f"/admin/functions/{function}?wait=true", {"input": message})
        if status >= 300 or not answer.get("ok"):
            raise FunctionFailedError(f"{function} at {self.url} did not succeed (HTTP {status}); see {self.child.log}")

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_SECONDS)
        headers = {"x-functions-key": self.master_key, "content-type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else {}
