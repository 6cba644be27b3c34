"""Feeds, the entries seen in them, and the outbox of what Kafka has not acknowledged yet."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "feeds",
        sa.Column("url", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("modified", sa.Text),
        sa.Column("body_hash", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("http_status", sa.Integer),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("added", sa.Double, nullable=False),
        sa.Column("checked", sa.Double),
        sa.Column("last_success", sa.Double),
        sa.Column("last_article", sa.Double),
        sa.Column("next", sa.Double),
        sa.Column("lease", sa.BigInteger, nullable=False),
        sa.Column("lease_until", sa.Double),
        sa.Column("lease_owner", sa.Text),
    )
    op.create_index("feeds_by_next", "feeds", ["next"])
    op.create_table(
        "seen",
        sa.Column("feed", sa.Text, primary_key=True),
        sa.Column("article", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("last_seen", sa.Double, nullable=False),
    )
    op.create_table(
        "ingest_outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ingest_outbox_by_key", "ingest_outbox", ["topic", "key"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("ingest_outbox")
    op.drop_table("seen")
    op.drop_table("feeds")
