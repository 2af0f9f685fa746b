"""What administrators ask for in a cell: emails to be held, a confirmation to be sent again, feedback."""
