"""Leads, answers, offers, applications, sealed data, owed postbacks, attempts, senders, channels, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Bytes for bytes, whatever the database's own collation: `a` is not `A`, and é is not e + accent.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNDELIVERED = sa.text("state IN ('pending', 'leased', 'dead')")
READY = sa.text("state = 'pending' AND head = 1")
LEASED = sa.text("state = 'leased'")


def _key() -> sa.Column[int]:
    return sa.Column("id", BIG, primary_key=True, autoincrement=True)


def _lead(*, index: bool = False) -> sa.Column[int]:
    return sa.Column("lead_id", BIG, sa.ForeignKey("leads.id"), nullable=False, index=index)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    """Make the first tables. Moments are milliseconds since 1970 in UTC, money is text."""
    # Identities are never used twice: order and fencing rest on them.
    table = {"sqlite_autoincrement": True}
    op.create_table(
        "leads",
        _key(),
        sa.Column("click_key", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("click_id", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("product_id", TEXT),
        sa.Column("listing_id", TEXT),
        sa.Column("source", TEXT, nullable=False),
        _moment("made_ms"),
        _moment("changed_ms"),
        sa.Column("wrapped_key", sa.LargeBinary),
        _moment("erased_ms", nullable=True),
        **table,
    )
    op.create_table(
        "owed",
        _key(),
        _lead(),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("amount", TEXT),
        sa.Column("currency", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("occurred_at", TEXT),
        _moment("recorded_ms"),
        sa.Column("recorded_by", TEXT, nullable=False),
        sa.Column("market", TEXT, nullable=False),
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("head", sa.SmallInteger, nullable=False),
        _moment("due_ms"),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("refusals", sa.Integer, nullable=False),
        _moment("first_try_ms", nullable=True),
        sa.Column("leased_by", BIG),
        sa.Column("why", TEXT),
        sa.Column("unconfirmed", sa.SmallInteger, nullable=False),
        _moment("finished_ms", nullable=True),
        sa.UniqueConstraint("lead_id", "event", "revision", name="one_row_an_event"),
        **table,
    )
    _partial("owed_ready", "owed", ["market", "due_ms", "id"], READY)
    _partial("owed_undelivered", "owed", ["lead_id", "id"], UNDELIVERED)
    _partial("owed_leased", "owed", ["leased_by", "id"], LEASED)
    op.create_table(
        "attempts",
        _key(),
        sa.Column("owed_id", BIG, sa.ForeignKey("owed.id"), nullable=False, index=True),
        _moment("at_ms"),
        sa.Column("class", TEXT, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("said", TEXT, nullable=False),
        **table,
    )
    op.create_table(
        "answers",
        _key(),
        _lead(index=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("token", TEXT, nullable=False),
        _moment("lease_ms", nullable=True),
        sa.Column("status", sa.Integer),
        sa.Column("body", TEXT),
        _moment("expires_ms", nullable=True),
        sa.UniqueConstraint("kind", "client", "lead_id", "scope", name="one_answer_a_question"),
        **table,
    )
    op.create_table(
        "offers",
        _key(),
        _lead(index=True),
        sa.Column("offer_id", TEXT, nullable=False, unique=True),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("listing_id", TEXT),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("terms", TEXT, nullable=False),
        _moment("valid_until_ms"),
        _moment("made_ms"),
        **table,
    )
    op.create_table(
        "applications",
        _key(),
        _lead(),
        sa.Column("application_id", TEXT, nullable=False, unique=True),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("offer_id", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("consents", TEXT, nullable=False),
        _moment("made_ms"),
        sa.UniqueConstraint("lead_id", "product_id", name="one_application_a_product"),
        **table,
    )
    op.create_table(
        "sealed",
        _key(),
        _lead(index=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        _moment("made_ms"),
        **table,
    )
    op.create_table("senders", _key(), sa.Column("beat", BIG, nullable=False), _moment("started_ms"), **table)
    op.create_table(
        "channels",
        _key(),
        sa.Column("market", TEXT, nullable=False),
        sa.Column("identity", TEXT, nullable=False),
        sa.Column("passed", sa.SmallInteger, nullable=False),
        sa.Column("refused_leads", TEXT, nullable=False),
        sa.Column("paused_why", TEXT),
        _moment("paused_ms", nullable=True),
        _moment("probe_ms", nullable=True),
        sa.Column("turn", BIG, nullable=False),
        sa.UniqueConstraint("market", "identity", name="one_row_a_channel"),
        **table,
    )
    op.create_table(
        "audit",
        _key(),
        _moment("at_ms"),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("lead_id", BIG),
        sa.Column("owed_id", BIG),
        sa.Column("detail", TEXT, nullable=False),
        **table,
    )
