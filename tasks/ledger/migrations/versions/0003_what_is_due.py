"""What is due is a mark on its row; another edition marks everything once, instead of being compared on each row."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("articles", "indexes"):
        op.drop_index(f"{table}_published_as", table_name=table)
        op.drop_index(f"{table}_stale", table_name=table)
        op.add_column(table, sa.Column("published", sa.Boolean(), nullable=False, server_default=sa.false()))
        # As which edition is no longer known: the next run makes everything again, and writes what differs.
        here = sa.table(table, sa.column("published"), sa.column("stale"), sa.column("published_as"))
        op.execute(here.update().where(here.c.published_as.is_not(None)).values(published=sa.true(), stale=sa.true()))
        with op.batch_alter_table(table) as batch:
            batch.drop_column("published_as")
    _index("articles_new", "articles", ["key"], "NOT published", "published = 0")
    _index("articles_stale", "articles", ["key"], "stale", "stale = 1")
    _index("articles_placeless", "articles", ["published_at", "key"], "place IS NULL", "place IS NULL")
    _index("indexes_new", "indexes", ["kind", "name", "number"], "NOT published", "published = 0")
    _index("indexes_stale", "indexes", ["kind", "name", "number"], "stale", "stale = 1")


def _index(name: str, table: str, columns: list[str], postgresql: str, sqlite: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(postgresql), sqlite_where=sa.text(sqlite))
