"""The HTTP face: decisions, applications, the hand-off, events, and how it is all doing."""

from leads.endpoint.serving import Parts, serve

__all__ = ["Parts", "serve"]
