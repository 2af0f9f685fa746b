"""Installing what a developer's machine needs. Standard library only."""
