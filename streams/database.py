"""Connect to a store and bring its tables up to date, on SQLite or PostgreSQL.

Each package has a store of its own (`ingest`, `alerts`); on SQLite a file each, on PostgreSQL tables
of its own in one database.
"""

import contextlib
import fcntl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from streams.errors import InfrastructureError, UsageError
from streams.settings import Settings

ADVISORY_LOCK = 7_463_981
"""PostgreSQL advisory lock that one migrating process holds."""


def url(settings: Settings, store: str) -> str:
    """The SQLAlchemy URL of a store, for the asynchronous driver."""
    given = settings.database.url.get_secret_value()
    if not given:
        return f"sqlite+aiosqlite:///{settings.data_dir.absolute() / f'{store}.sqlite'}"
    try:
        parsed = make_url(given)
    except ArgumentError as error:
        raise UsageError("database.url: is no URL; write postgresql://user:password@host/database") from error
    if parsed.get_backend_name() != "postgresql":
        raise UsageError(
            f"database.url: {parsed.get_backend_name()} is not supported; use postgresql:// or leave it empty"
        )
    return parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def connect(settings: Settings, store: str) -> AsyncEngine:
    """An engine for a store. Write within `writing(engine)`, read within `reading(engine)`."""
    address = url(settings, store)
    if not address.startswith("sqlite"):
        return create_async_engine(address, pool_size=5, max_overflow=5, pool_pre_ping=True)
    _make_folder(settings.data_dir)
    engine = create_async_engine(address, connect_args={"timeout": 30})
    _prepare_sqlite(engine.sync_engine)
    return engine


@contextlib.asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction that writes: it takes SQLite's write lock at once, so as not to fail half-way for want of it."""
    async with _translated(), engine.begin() as connection:
        yield connection


@contextlib.asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection for reading: a consistent view that holds up no writer."""
    async with _translated(), engine.connect() as connection:
        await connection.execution_options(tocsin_reads=True)
        yield connection


@contextlib.asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Turn a database that does not answer into InfrastructureError; wrong statements stay what they are."""
    try:
        yield
    except (OperationalError, OSError) as error:
        raise InfrastructureError(f"the database does not answer: {error}") from error
    except DBAPIError as error:
        if type(error) is DatabaseError:  # not its kinds, which speak of statements: the file itself is damaged
            raise InfrastructureError(f"the database cannot be read: {error.orig}") from error
        if error.connection_invalidated:
            raise InfrastructureError(f"the database closed the connection: {error}") from error
        raise


def migrate(settings: Settings, store: str, migrations: Path) -> None:
    """Bring a store's tables to the newest version; several processes may call it at once.

    Raises UsageError when the data were written by a newer tocsin.
    """
    synchronous = url(settings, store).replace("+aiosqlite", "")
    if synchronous.startswith("sqlite"):
        _make_folder(settings.data_dir)
        with _file_lock(settings.data_dir / f"{store}.migrating"):
            engine = create_engine(synchronous, connect_args={"timeout": 30})
            _prepare_sqlite(engine)
            with engine.begin() as connection:
                _upgrade(connection, store, migrations)
            engine.dispose()
        return
    import asyncio

    asyncio.run(_migrate_postgresql(synchronous, store, migrations))


async def _migrate_postgresql(address: str, store: str, migrations: Path) -> None:
    engine = create_async_engine(address)
    try:
        async with _translated(), engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            await connection.run_sync(_upgrade, store, migrations)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, store: str, migrations: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = f"{store}_version"
    present = version(connection, store)
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise UsageError(
            f"the tables of {store} were written by a newer tocsin ({present}); install that version or a later one, "
            "or name another data_dir or database.url"
        )
    command.upgrade(config, "head")


def run_migrations(config: Config, metadata: Any) -> None:
    """What each store's `migrations/env.py` calls: run the steps on the connection that `migrate` opened."""
    from alembic import context

    connection: Connection = config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=config.attributes["version_table"],
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


def version(connection: Connection, store: str) -> str | None:
    """The revision that a store's tables have."""
    context = MigrationContext.configure(connection, opts={"version_table": f"{store}_version"})
    return context.get_current_revision()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("tocsin_reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"data_dir: {folder} cannot be made ({error.strerror}); name another folder") from error


@contextlib.contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    try:
        handle = path.open("w")
    except OSError as error:
        raise UsageError(f"data_dir: {path.parent} is not writable ({error.strerror}); name another folder") from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
