"""Loading and calling the function app through Microsoft's runtime library."""
