"""Timer triggers as Azure's host handles them."""
