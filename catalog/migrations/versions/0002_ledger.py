"""The ledger of findings: looks at sources, waivers, remembered mappings. Uploads of before count as looks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the ledger, and enter what was uploaded before."""
    op.create_table(
        "looks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", sa.Text, nullable=False, index=True),
        sa.Column("upload", sa.Integer, sa.ForeignKey("uploads.id")),
        sa.Column("is_partial", sa.Boolean, nullable=False),
        sa.Column("looked_by", sa.Text, nullable=False),
        sa.Column("looked_at", sa.DateTime, nullable=False),
        sa.Column("body", sa.LargeBinary),
    )
    op.create_table(
        "waivers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("finding", sa.String(64), nullable=False, index=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("product", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("waived_by", sa.Text, nullable=False),
        sa.Column("waived_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "mappings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("file", sa.Text, nullable=False, index=True),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_at", sa.DateTime, nullable=False),
    )
    op.execute(
        "INSERT INTO looks (source, upload, is_partial, looked_by, looked_at) "
        "SELECT source, id, is_partial, uploaded_by, uploaded_at FROM uploads ORDER BY id"
    )
