"""Facts of this installation that its whole process goes by."""
