"""What exists only on a developer's machine: the local cloud and the commands that run it."""
