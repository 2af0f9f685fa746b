"""The HTTP toolkit: rendering, responses, security headers, compression, error handling."""
