"""The desk: users, their sessions and tokens, failed sign-ins, what was done to users, and the files that arrive."""

import sqlalchemy as sa
from alembic import op

from catalog.migrations.guards import append_only

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of the desk."""
    _people()
    _doors()
    op.create_table(
        "arrivals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("folder", sa.String(32), nullable=False, unique=True),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("is_partial", sa.Boolean, nullable=False),
        sa.Column("sent_by", sa.Text, nullable=False),
        sa.Column("sent_at", sa.DateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("step", sa.String(16)),
        sa.Column("upload", sa.Integer, sa.ForeignKey("uploads.id"), index=True),
        sa.Column("fault", sa.Text),
        sa.Column("changed_at", sa.DateTime, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("disabled_at", sa.DateTime),
    )
    op.create_table(
        "user_acts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("done_by", sa.Text, nullable=False),
        sa.Column("done_at", sa.DateTime, nullable=False),
    )
    append_only("user_acts")


def _doors() -> None:
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("user", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("user", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("used_at", sa.DateTime),
        sa.Column("revoked_at", sa.DateTime),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, index=True),
        sa.Column("address", sa.Text, nullable=False, index=True),
        sa.Column("failed_at", sa.DateTime, nullable=False),
    )
