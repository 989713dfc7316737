"""Journals that the store is owed, and keys of objects that sort by their bytes, whatever the database's language is."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journals_owed",
        sa.Column("subject", sa.String(100), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE objects ALTER COLUMN key TYPE VARCHAR(600) COLLATE "C"')
