"""The steps of the lead store's tables, oldest first. A store that names any other step is of a newer version."""

REVISIONS = ("0001", "0002", "0003", "0004")
