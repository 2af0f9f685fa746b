"""Errors that keep the host from starting."""


class HostStartError(Exception):
    """The app, its host.json or its settings cannot be served. The text is for the developer."""
