"""Orders of arrival, and a row for every page of every list.

Articles get their places at the next run, in the order of publication; the same code does it as for new ones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for index in ("articles_newest", "articles_of_category", "articles_unpublished"):
        op.drop_index(index, table_name="articles")
    op.execute("UPDATE articles SET published_as = NULL")
    with op.batch_alter_table("articles") as table:
        table.drop_column("listed")
        table.add_column(sa.Column("stale", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("place", sa.Integer()))
        table.add_column(sa.Column("day", sa.String(10)))
        table.add_column(sa.Column("day_place", sa.Integer()))
        table.add_column(sa.Column("month", sa.String(7)))
        table.add_column(sa.Column("month_place", sa.Integer()))
    op.create_index("articles_newest", "articles", ["published_at", "key"])
    op.create_index("articles_newest_of_category", "articles", ["category", "published_at", "key"])
    op.create_index("articles_in_category", "articles", ["category", "place"])
    op.create_index("articles_in_day", "articles", ["day", "day_place"])
    op.create_index("articles_in_month", "articles", ["month", "month_place"])
    op.create_index("articles_published_as", "articles", ["published_as"])
    op.create_index("articles_stale", "articles", ["stale", "key"])
    op.create_table(
        "orders",
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("newest_at", sa.String(26)),
    )
    op.create_table(
        "indexes",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("name", sa.String(400), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("published_as", sa.String(64)),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.String(26)),
    )
    op.create_index("indexes_published_as", "indexes", ["kind", "published_as"])
    op.create_index("indexes_stale", "indexes", ["stale", "kind"])
    with op.batch_alter_table("moves") as table:
        table.drop_column("old_post")
    op.execute("INSERT INTO indexes (kind, name, number, stale) SELECT 'moved', old_key, 0, true FROM moves")
    with op.batch_alter_table("objects") as table:
        table.add_column(sa.Column("delete_after", sa.String(26)))
    op.create_index("objects_to_delete", "objects", ["store", "delete_after"])
