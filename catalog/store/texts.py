"""Texts as every database can keep them."""


def storable(text: str) -> str:
    """Names of files may hold bytes that are no text; they are shown as `?`."""
    return text.encode("utf-8", "replace").decode()


PLACES_KEPT = 200
"""Of so many places, by their newest upload or look, it is kept what was read and found there last."""
