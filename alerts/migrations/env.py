"""Alembic's entry: run the steps on the connection that `streams.database.migrate` opened."""

from alembic import context

from alerts.tables import METADATA
from streams.database import run_migrations

run_migrations(context.config, METADATA)
