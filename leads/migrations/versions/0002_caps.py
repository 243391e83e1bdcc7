"""Applications are counted by product and time: a campaign takes so many a day and in all."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """An index alone."""
    op.create_index("applications_of_product", "applications", ["product_id", "made_ms"])
