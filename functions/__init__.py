"""Everything that faces a trigger: parse, one call to the service, render."""
