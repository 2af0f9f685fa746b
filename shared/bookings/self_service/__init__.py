"""Self-service of one booking by its link: cancel, move, reminders, calendar."""
