"""Free TCP ports of 127.0.0.1."""

import secrets
import socket

# Below what any system hands out to outgoing connections, so that nothing takes a port between choosing and using it.
_CANDIDATES = range(20_000, 32_000)


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Chooses that many different ports on which nothing listens."""
    ports: set[int] = set()
    while len(ports) < count:
        port = secrets.choice(_CANDIDATES)
        if is_free(port):
            ports.add(port)
    return list(ports)
