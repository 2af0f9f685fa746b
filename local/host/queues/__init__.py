"""Queue triggers and output bindings as Azure's host handles them."""
