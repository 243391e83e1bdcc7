"""The steps of the store's tables, oldest first. A store that names any other step was written by a newer version."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
