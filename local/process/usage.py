"""CPU time, memory and sockets of a process that runs. On Linux alone: they stand in `/proc`."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its id."""

    id: int

    def cpu(self) -> float:
        """Milliseconds of CPU since it began, in steps of ten."""
        user, system = Path(f"/proc/{self.id}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) * 1000 / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Megabytes that it holds in memory."""
        status = Path(f"/proc/{self.id}/status").read_text("ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def sockets(self) -> int:
        """Number of its open sockets."""
        return sum(_link(each).startswith("socket:") for each in Path(f"/proc/{self.id}/fd").iterdir())


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""  # closed meanwhile
