"""What plans, decisions and releases are trusted by: rows that wait for their day, what was previewed, the audit."""

import sqlalchemy as sa
from alembic import op

from catalog.migrations.guards import append_only

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, and let nobody change what people did."""
    op.create_table(
        "schedule",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, index=True),
        sa.Column("upload", sa.Integer, sa.ForeignKey("uploads.id"), nullable=False),
        sa.Column("plan", sa.String(64), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("lineage", sa.Text, nullable=False),
        sa.Column("starts", sa.Date, nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.Column("approved_at", sa.DateTime, nullable=False),
        sa.Column("ended", sa.String(16), index=True),
        sa.Column("release", sa.Integer, sa.ForeignKey("releases.number")),
    )
    op.create_table(
        "previews",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("upload", sa.Integer, sa.ForeignKey("uploads.id"), nullable=False),
        sa.Column("plan", sa.String(64), nullable=False),
        sa.Column("base", sa.Integer, sa.ForeignKey("releases.number")),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("files", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("upload", "plan", name="one_preview_a_plan"),
    )
    op.create_table(
        "acts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("upload", sa.Integer, sa.ForeignKey("uploads.id"), index=True),
        sa.Column("plan", sa.String(64)),
        sa.Column("products", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("done_by", sa.Text, nullable=False),
        sa.Column("done_at", sa.DateTime, nullable=False),
    )
    op.add_column("uploads", sa.Column("logo", sa.String(64)))
    op.add_column("releases", sa.Column("brand", sa.Text))
    append_only("acts", "plans", "decisions", "releases", "waivers", "mappings")
