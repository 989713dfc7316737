"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("first_seen_at", sa.String(26), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.String(26), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("offer_digest", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("published_as", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("file_id", sa.String(length=64), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("published_at", sa.String(26), nullable=True),
        sa.Column("updated_at", sa.String(26), nullable=True),
        sa.Column("category", sa.String(length=80), nullable=True),
        sa.Column("origin_url", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("post_body", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=True),
        sa.Column("page_key", sa.Text(), nullable=True),
        sa.Column("post_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("articles_newest", "articles", ["listed", "published_at", "key"], unique=False)
    op.create_index("articles_of_category", "articles", ["category", "listed", "published_at", "key"], unique=False)
    op.create_index("articles_page", "articles", ["page_key"], unique=False)
    op.create_index("articles_unpublished", "articles", ["published_as"], unique=False)
    op.create_index("articles_unread", "articles", ["status", "next_try_at"], unique=False)
    op.create_table(
        "categories",
        sa.Column("title", sa.String(length=600), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("title"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.String(26), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("journal_of_subject", "journal", ["subject", "id"], unique=False)
    op.create_table(
        "moves",
        sa.Column("old_key", sa.String(length=400), nullable=False),
        sa.Column("old_post", sa.String(length=400), nullable=False),
        sa.Column("article", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("old_key"),
    )
    op.create_index(op.f("ix_moves_article"), "moves", ["article"], unique=False)
    op.create_table(
        "objects",
        sa.Column("store", sa.String(length=400), nullable=False),
        sa.Column("key", sa.String(length=600), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.String(26), nullable=False),
        sa.PrimaryKeyConstraint("store", "key"),
    )
    op.create_table(
        "sightings",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.String(26), nullable=False),
        sa.Column("changed_at", sa.String(26), nullable=False),
        sa.PrimaryKeyConstraint("key", "source"),
    )
    op.create_table(
        "unusable",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.String(26), nullable=False),
        sa.PrimaryKeyConstraint("source", "subject"),
    )


def downgrade() -> None:
    op.drop_table("unusable")
    op.drop_table("sightings")
    op.drop_table("objects")
    op.drop_table("moves")
    op.drop_table("journal")
    op.drop_table("facts")
    op.drop_table("categories")
    op.drop_table("articles")
