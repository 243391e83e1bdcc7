"""Postbacks without an acknowledgement are counted by every look at the figures, and are few."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
UNCONFIRMED = sa.text("unconfirmed = 1")


def upgrade() -> None:
    """An index alone."""
    op.create_index("owed_unconfirmed", "owed", ["id"], sqlite_where=UNCONFIRMED, postgresql_where=UNCONFIRMED)
