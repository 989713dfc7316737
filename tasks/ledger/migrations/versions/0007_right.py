"""Aliases, revisions, re-checks, the same story elsewhere, quarantine, times of release."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("modified_at", "released_at", "read_at", "recheck_at"):
        op.add_column("articles", sa.Column(name, sa.String(26)))
    for name in ("rechecks", "recheck_changes"):
        op.add_column("articles", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for name in ("fingerprint", "text_digest"):
        op.add_column("articles", sa.Column(name, sa.String(64)))
    op.create_index("articles_text", "articles", ["source", "text_digest"])
    watched = sa.text("recheck_at IS NOT NULL")
    op.create_index("articles_to_recheck", "articles", ["recheck_at"], postgresql_where=watched, sqlite_where=watched)
    op.create_table(
        "aliases",
        sa.Column("name", sa.String(600), primary_key=True),
        sa.Column("article", sa.String(64), nullable=False, index=True),
    )
    op.create_table(
        "revisions",
        sa.Column("article", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(26), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
    )
    _same_stories()
    op.create_table(
        "quarantine",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.String(26), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
    )


def _same_stories() -> None:
    op.create_table(
        "sketches",
        sa.Column("article", sa.String(64), primary_key=True),
        sa.Column("at", sa.String(26), nullable=False, index=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "bands",
        sa.Column("value", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(26), primary_key=True),
        sa.Column("article", sa.String(64), primary_key=True, index=True),
    )
    op.create_table(
        "echoes",
        sa.Column("article", sa.String(64), primary_key=True),
        sa.Column("other", sa.String(64), primary_key=True, index=True),
    )
