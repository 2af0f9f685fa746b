"""Email: messages, sending each of them once, the log of what was sent, and the email services."""
