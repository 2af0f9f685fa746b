"""Pages that belong to no capability: start, content, static assets, health, not found."""
