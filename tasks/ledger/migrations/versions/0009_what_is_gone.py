"""Texts that are gone, changed records that no run has read yet, and the size of what is in quarantine."""

import zlib

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("missing", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("articles", sa.Column("owed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "articles_owed", "articles", ["key"], postgresql_where=sa.text("owed"), sqlite_where=sa.text("owed = 1")
    )
    op.add_column("quarantine", sa.Column("size", sa.Integer(), nullable=False, server_default="0"))
    _tidy_quarantine()


def _tidy_quarantine() -> None:
    """Answers of articles that became another one or were withdrawn had stayed; of the others the size is found."""
    quarantine = sa.table("quarantine", *map(sa.column, ("key", "body", "size")))
    articles = sa.table("articles", *map(sa.column, ("key", "status")))
    living = sa.select(articles.c.key).where(articles.c.status != "withdrawn")
    op.execute(quarantine.delete().where(quarantine.c.key.not_in(living)))
    db = op.get_bind()
    for key in db.execute(sa.select(quarantine.c.key)).scalars().all():
        here = quarantine.c.key == key
        body = db.execute(sa.select(quarantine.c.body).where(here)).scalar_one()
        db.execute(quarantine.update().where(here).values(size=len(zlib.decompress(body))))
