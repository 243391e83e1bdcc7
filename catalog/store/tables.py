"""The store's tables as queries name them; the steps that make them are in `catalog.migrations`."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa


class Utc(sa.types.TypeDecorator[datetime]):
    """A moment, kept in UTC. A naive one is refused: nobody knows which moment it means."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """To the naive UTC that every database can keep."""
        if value is None:
            return None
        return in_utc(value).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Back with its zone."""
        return None if value is None else value.replace(tzinfo=UTC)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; TypeError on a naive one."""
    if moment.tzinfo is None:
        raise TypeError("a moment without a time zone cannot be stored")
    return moment.astimezone(UTC)


_meta = sa.MetaData()

uploads = sa.Table(
    "uploads",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.String(64)),
    sa.Column("file", sa.Text),
    sa.Column("source", sa.Text),
    sa.Column("uploaded_by", sa.Text),
    sa.Column("uploaded_at", Utc),
    sa.Column("requirements", sa.Text),
    sa.Column("is_partial", sa.Boolean),
    sa.Column("base", sa.Integer),
    sa.Column("body", sa.LargeBinary),
    sa.Column("logo", sa.String(64)),
)
plans = sa.Table(
    "plans",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("upload", sa.Integer),
    sa.Column("hash", sa.String(64)),
    sa.Column("base", sa.Integer),
    sa.Column("made_at", Utc),
    sa.Column("summary", sa.Text),
)
decisions = sa.Table(
    "decisions",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("action", sa.String(16)),
    sa.Column("upload", sa.Integer),
    sa.Column("release", sa.Integer),
    sa.Column("plan", sa.String(64)),
    sa.Column("products", sa.Text),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", Utc),
    sa.Column("comment", sa.Text),
)
releases = sa.Table(
    "releases",
    _meta,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16)),
    sa.Column("base", sa.Integer),
    sa.Column("restores", sa.Integer),
    sa.Column("content", sa.String(64)),
    sa.Column("manifest", sa.String(64)),
    sa.Column("manifest_size", sa.Integer),
    sa.Column("requirements", sa.Text),
    sa.Column("upload", sa.Integer),
    sa.Column("plan", sa.String(64)),
    sa.Column("minted_by", sa.Text),
    sa.Column("minted_at", Utc),
    sa.Column("brand", sa.Text),
)
schedule = sa.Table(
    "schedule",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.Text),
    sa.Column("upload", sa.Integer),
    sa.Column("plan", sa.String(64)),
    sa.Column("record", sa.Text),
    sa.Column("lineage", sa.Text),
    sa.Column("starts", sa.Date),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", Utc),
    sa.Column("ended", sa.String(16)),
    sa.Column("release", sa.Integer),
)
previews = sa.Table(
    "previews",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("upload", sa.Integer),
    sa.Column("plan", sa.String(64)),
    sa.Column("base", sa.Integer),
    sa.Column("made_at", Utc),
    sa.Column("files", sa.LargeBinary),
)
acts = sa.Table(
    "acts",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("act", sa.String(32)),
    sa.Column("upload", sa.Integer),
    sa.Column("plan", sa.String(64)),
    sa.Column("products", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("done_by", sa.Text),
    sa.Column("done_at", Utc),
)
entries = sa.Table(
    "entries",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.Text),
    sa.Column("since", sa.Integer),
    sa.Column("until", sa.Integer),
    sa.Column("record", sa.Text),
    sa.Column("lineage", sa.Text),
)
files = sa.Table(
    "files",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("path", sa.Text),
    sa.Column("since", sa.Integer),
    sa.Column("until", sa.Integer),
    sa.Column("sha256", sa.String(64)),
    sa.Column("size", sa.Integer),
    sa.Column("key", sa.Text),
)
deliveries = sa.Table(
    "deliveries",
    _meta,
    sa.Column("release", sa.Integer, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("state", sa.String(16)),
    sa.Column("changed_at", Utc),
    sa.Column("note", sa.Text),
)
looks = sa.Table(
    "looks",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.Text),
    sa.Column("upload", sa.Integer),
    sa.Column("is_partial", sa.Boolean),
    sa.Column("looked_by", sa.Text),
    sa.Column("looked_at", Utc),
    sa.Column("body", sa.LargeBinary),
)
waivers = sa.Table(
    "waivers",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("finding", sa.String(64)),
    sa.Column("code", sa.Text),
    sa.Column("product", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("until", sa.Date),
    sa.Column("waived_by", sa.Text),
    sa.Column("waived_at", Utc),
)
mappings = sa.Table(
    "mappings",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("file", sa.Text),
    sa.Column("header", sa.Text),
    sa.Column("shown", sa.Text),
    sa.Column("fields", sa.Text),
    sa.Column("said_by", sa.Text),
    sa.Column("said_at", Utc),
)
receipts = sa.Table(
    "receipts",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("release", sa.Integer),
    sa.Column("state", sa.String(16)),
    sa.Column("day", sa.Date),
    sa.Column("note", sa.Text),
    sa.Column("entered_by", sa.Text),
    sa.Column("entered_at", Utc),
)
assigned_ids = sa.Table(
    "assigned_ids",
    _meta,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("code", sa.Text),
    sa.Column("is_current", sa.Boolean),
    sa.Column("assigned_by", sa.Text),
    sa.Column("assigned_at", Utc),
)
users = sa.Table(
    "users",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("roles", sa.Text),
    sa.Column("password", sa.Text),
    sa.Column("made_by", sa.Text),
    sa.Column("made_at", Utc),
    sa.Column("disabled_at", Utc),
)
user_acts = sa.Table(
    "user_acts",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("act", sa.String(32)),
    sa.Column("about", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("done_by", sa.Text),
    sa.Column("done_at", Utc),
)
sessions = sa.Table(
    "sessions",
    _meta,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("user", sa.Integer),
    sa.Column("begun_at", Utc),
    sa.Column("seen_at", Utc),
    sa.Column("address", sa.Text),
    sa.Column("agent", sa.Text),
)
api_tokens = sa.Table(
    "api_tokens",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("hash", sa.String(64)),
    sa.Column("user", sa.Integer),
    sa.Column("label", sa.Text),
    sa.Column("made_at", Utc),
    sa.Column("used_at", Utc),
    sa.Column("revoked_at", Utc),
)
login_failures = sa.Table(
    "login_failures",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(64)),
    sa.Column("address", sa.Text),
    sa.Column("failed_at", Utc),
)
arrivals = sa.Table(
    "arrivals",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("folder", sa.String(32)),
    sa.Column("file", sa.Text),
    sa.Column("size", sa.Integer),
    sa.Column("sha256", sa.String(64)),
    sa.Column("is_partial", sa.Boolean),
    sa.Column("sent_by", sa.Text),
    sa.Column("sent_at", Utc),
    sa.Column("state", sa.String(16)),
    sa.Column("step", sa.String(16)),
    sa.Column("upload", sa.Integer),
    sa.Column("fault", sa.Text),
    sa.Column("changed_at", Utc),
)
sources = sa.Table(
    "sources",
    _meta,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("etag", sa.Text),
    sa.Column("modified", sa.Text),
    sa.Column("sha256", sa.String(64)),
    sa.Column("basis", sa.String(64)),
    sa.Column("upload", sa.Integer),
    sa.Column("sheet", sa.Text),
    sa.Column("rows", sa.Integer),
    sa.Column("read_since", Utc),
)
notices = sa.Table(
    "notices",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("trouble", sa.Text),
    sa.Column("scope", sa.Text),
    sa.Column("what", sa.String(16)),
    sa.Column("spanish", sa.Text),
    sa.Column("english", sa.Text),
    sa.Column("made_at", Utc),
    sa.Column("since", Utc),
    sa.Column("state", sa.String(16)),
)
runs = sa.Table(
    "runs",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("begun_at", Utc),
    sa.Column("ended_at", Utc),
    sa.Column("code", sa.Integer),
    sa.Column("all_read", sa.Boolean),
    sa.Column("body", sa.Text),
)
