"""HTTP triggers: routes, keys, requests and responses as Azure's host handles them."""
