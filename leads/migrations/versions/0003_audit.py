"""What people did is written once: the database itself refuses to change or delete it."""

from catalog.migrations.guards import append_only

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Guards alone."""
    append_only("audit")
