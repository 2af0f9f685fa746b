"""Tools for a developer's machine only: the local cloud and the commands that run it."""
