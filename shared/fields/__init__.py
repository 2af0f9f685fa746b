"""Typed questions that a form can ask: a content file chooses among them, orders them and words them."""
