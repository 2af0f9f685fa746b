"""What people do with their own booking by its link: cancel, move, reminders, calendar."""
