"""The installation of this process: one process is one installation, as it has one clock."""

from shared.installation.facts import Installation

_here = Installation()


def here() -> Installation:
    """Returns the installation of this process."""
    return _here


def use_installation(installation: Installation) -> None:
    """Makes this process one of another installation: what is read or written from now on goes by it."""
    global _here  # noqa: PLW0603  # the one place where the process holds it
    _here = installation
