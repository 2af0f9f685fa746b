"""The measures, one module for each part that can be run alone."""
