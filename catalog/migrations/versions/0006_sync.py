"""What scheduled runs remember: sources as they were last read, notices of trouble, the runs themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables of sources, notices and runs."""
    op.create_table(
        "sources",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("etag", sa.Text),
        sa.Column("modified", sa.Text),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("basis", sa.String(64), nullable=False),
        sa.Column("upload", sa.Integer, sa.ForeignKey("uploads.id"), nullable=False),
        sa.Column("sheet", sa.Text),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("read_since", sa.DateTime, nullable=False),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("trouble", sa.Text, nullable=False, index=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("spanish", sa.Text, nullable=False),
        sa.Column("english", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime, nullable=False),
        sa.Column("code", sa.Integer, nullable=False),
        sa.Column("all_read", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
