"""Numbers for a board: what happened in each month and quarter, without anyone who could be known by it."""
