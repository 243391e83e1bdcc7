"""What became of a release at the marketplace, and the ids it assigned to our products."""

import sqlalchemy as sa
from alembic import op

from catalog.migrations.guards import append_only

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables of receipts and assigned ids."""
    op.create_table(
        "receipts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("release", sa.Integer, sa.ForeignKey("releases.number"), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("entered_by", sa.Text, nullable=False),
        sa.Column("entered_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("release", "state"),
    )
    op.create_table(
        "assigned_ids",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, index=True),
        sa.Column("is_current", sa.Boolean, nullable=False),
        sa.Column("assigned_by", sa.Text, nullable=False),
        sa.Column("assigned_at", sa.DateTime, nullable=False),
    )
    append_only("receipts")
