"""Tables that only ever grow: the database itself refuses to change or delete their rows."""

from __future__ import annotations

from alembic import op

_POSTGRES = """
CREATE OR REPLACE FUNCTION vitrina_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""


def append_only(*names: str) -> None:
    """Refuse UPDATE and DELETE on tables, from now on."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if not on_sqlite:
        op.execute(_POSTGRES)
    for name in names:
        for verb in ("UPDATE", "DELETE"):
            body = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END" if on_sqlite else _CALL
            op.execute(f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} FOR EACH ROW {body}")


_CALL = "EXECUTE FUNCTION vitrina_refuse()"
