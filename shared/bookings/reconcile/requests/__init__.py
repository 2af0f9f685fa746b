"""Wishes that administrators write into a cell: emails to be held, a confirmation to be sent again, feedback."""
