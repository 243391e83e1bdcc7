"""Uploads, plans, decisions, releases, their entries and files, deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "uploads",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, index=True),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("uploaded_by", sa.Text, nullable=False),
        sa.Column("uploaded_at", sa.DateTime, nullable=False),
        sa.Column("requirements", sa.Text, nullable=False),
        sa.Column("is_partial", sa.Boolean, nullable=False),
        sa.Column("base", sa.Integer),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "plans",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("upload", sa.Integer, sa.ForeignKey("uploads.id"), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("base", sa.Integer),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.UniqueConstraint("upload", "hash", name="one_row_a_plan"),
    )
    op.create_table(
        "releases",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("base", sa.Integer),
        sa.Column("restores", sa.Integer),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("manifest", sa.String(64), nullable=False),
        sa.Column("manifest_size", sa.Integer, nullable=False),
        sa.Column("requirements", sa.Text, nullable=False),
        sa.Column("upload", sa.Integer, sa.ForeignKey("uploads.id")),
        sa.Column("plan", sa.String(64)),
        sa.Column("minted_by", sa.Text, nullable=False),
        sa.Column("minted_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("upload", sa.Integer, sa.ForeignKey("uploads.id"), index=True),
        sa.Column("release", sa.Integer, sa.ForeignKey("releases.number")),
        sa.Column("plan", sa.String(64)),
        sa.Column("products", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime, nullable=False),
        sa.Column("comment", sa.Text),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, index=True),
        sa.Column("since", sa.Integer, sa.ForeignKey("releases.number"), nullable=False),
        sa.Column("until", sa.Integer, sa.ForeignKey("releases.number")),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("lineage", sa.Text, nullable=False),
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("since", sa.Integer, sa.ForeignKey("releases.number"), nullable=False),
        sa.Column("until", sa.Integer, sa.ForeignKey("releases.number")),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("key", sa.Text),
    )
    op.create_index("files_of_a_release", "files", ["until", "since"])
    op.create_index("entries_of_a_release", "entries", ["until", "since"])
    op.create_table(
        "deliveries",
        sa.Column("release", sa.Integer, sa.ForeignKey("releases.number"), primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_at", sa.DateTime, nullable=False),
        sa.Column("note", sa.Text),
    )
