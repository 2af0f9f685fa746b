"""The developer's commands, one module each."""
