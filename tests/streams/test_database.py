"""Connecting and migrating, on SQLite and on a real PostgreSQL: the same promises on both."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from streams import database
from streams.errors import InfrastructureError, UsageError
from streams.settings import Database, Settings

ENV = """
from alembic import context
from sqlalchemy import MetaData
from streams.database import run_migrations

run_migrations(context.config, MetaData())
"""

STEP = '''
"""A step."""
from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = {revision!r}, {down!r}, None, None


def upgrade() -> None:
    op.create_table({table!r}, sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.Text, unique=True))


def downgrade() -> None:
    op.drop_table({table!r})
'''


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    return Settings(data_dir=tmp_path / "data", database=Database(url=SecretStr(url)))


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENV)
    add_step(folder, "0001", None, "words")
    return folder


def add_step(folder: Path, revision: str, down: str | None, table: str) -> None:
    (folder / "versions" / f"{revision}.py").write_text(STEP.format(revision=revision, down=down, table=table))


@pytest.fixture
async def engine(settings: Settings, migrations: Path) -> AsyncIterator[AsyncEngine]:
    await asyncio.to_thread(database.migrate, settings, "store", migrations)
    engine = database.connect(settings, "store")
    yield engine
    await engine.dispose()


async def words(engine: AsyncEngine) -> list[str]:
    async with database.reading(engine) as connection:
        return list((await connection.execute(text("SELECT word FROM words ORDER BY id"))).scalars())


async def put(engine: AsyncEngine, number: int, word: str) -> None:
    async with database.writing(engine) as connection:
        await connection.execute(text("INSERT INTO words VALUES (:id, :word)"), {"id": number, "word": word})


async def revision(engine: AsyncEngine) -> str | None:
    async with database.reading(engine) as connection:
        return await connection.run_sync(database.version, "store")


async def test_tables_are_brought_up_to_date_and_data_stay(settings: Settings, engine: AsyncEngine, migrations: Path):
    assert await revision(engine) == "0001"
    await put(engine, 1, "kept")
    add_step(migrations, "0002", "0001", "more")
    for _ in range(2):
        await asyncio.to_thread(database.migrate, settings, "store", migrations)
    assert await revision(engine) == "0002"
    assert await words(engine) == ["kept"]


async def test_data_of_a_newer_tocsin_are_left_alone_in_words(
    settings: Settings, engine: AsyncEngine, migrations: Path
):
    add_step(migrations, "0002", "0001", "more")
    await asyncio.to_thread(database.migrate, settings, "store", migrations)
    (migrations / "versions" / "0002.py").unlink()
    with pytest.raises(UsageError, match=r"written by a newer tocsin \(0002\)"):
        await asyncio.to_thread(database.migrate, settings, "store", migrations)
    assert await revision(engine) == "0002"


async def test_a_step_that_fails_changes_nothing(settings: Settings, engine: AsyncEngine, migrations: Path):
    add_step(migrations, "0002", "0001", "more")
    broken = migrations / "versions" / "0002.py"
    broken.write_text(
        broken.read_text().replace("\n\n\ndef downgrade", '\n    op.execute("nonsense")\n\n\ndef downgrade')
    )
    with pytest.raises(Exception, match="nonsense"):
        await asyncio.to_thread(database.migrate, settings, "store", migrations)
    assert await revision(engine) == "0001"
    add_step(migrations, "0002", "0001", "more")
    await asyncio.to_thread(database.migrate, settings, "store", migrations)
    assert await revision(engine) == "0002"


def test_several_processes_may_migrate_at_once(settings: Settings, migrations: Path):
    program = (
        "import sys; from pathlib import Path; from streams import database; from streams.settings import Settings, Database;"
        "from pydantic import SecretStr;"
        "s = Settings(data_dir=Path(sys.argv[1]), database=Database(url=SecretStr(sys.argv[2])));"
        "database.migrate(s, 'store', Path(sys.argv[3]))"
    )
    given = settings.database.url.get_secret_value()
    command = [sys.executable, "-c", program, str(settings.data_dir), given, str(migrations)]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: subprocess.run(command, capture_output=True, text=True, check=False), range(2)))
    assert [one.returncode for one in done] == [0, 0], done


async def test_two_stores_lie_side_by_side(settings: Settings, engine: AsyncEngine, tmp_path: Path):
    other = tmp_path / "other"
    (other / "versions").mkdir(parents=True)
    (other / "env.py").write_text(ENV)
    add_step(other, "a1", None, "things")
    await asyncio.to_thread(database.migrate, settings, "second", other)
    assert await revision(engine) == "0001"


async def test_a_transaction_that_fails_leaves_nothing(engine: AsyncEngine):
    async def add_two() -> None:
        async with database.writing(engine) as connection:
            await connection.execute(text("INSERT INTO words VALUES (1, 'a')"))
            await connection.execute(text("INSERT INTO words VALUES (2, 'a')"))

    with pytest.raises(IntegrityError):
        await add_two()
    assert await words(engine) == []


async def test_many_writers_take_turns(engine: AsyncEngine):
    async def add(number: int) -> None:
        async with database.writing(engine) as connection:
            count = (await connection.execute(text("SELECT count(*) FROM words"))).scalar_one()
            await asyncio.sleep(0.002)
            await connection.execute(text("INSERT INTO words VALUES (:n, :w)"), {"n": number, "w": f"{number} {count}"})

    await asyncio.gather(*(add(number) for number in range(30)))
    assert len(await words(engine)) == 30


async def test_a_reader_holds_up_no_writer_and_sees_one_state(engine: AsyncEngine):
    await put(engine, 1, "before")
    async with database.reading(engine) as connection:
        first = (await connection.execute(text("SELECT count(*) FROM words"))).scalar_one()
        await asyncio.wait_for(put(engine, 2, "meanwhile"), 30)
        again = (await connection.execute(text("SELECT count(*) FROM words"))).scalar_one()
    assert first == 1
    if engine.dialect.name == "sqlite":
        assert again == 1, "a consistent view for the whole of it"
    assert await words(engine) == ["before", "meanwhile"]


async def test_a_connection_that_the_server_ends_is_infrastructure(postgresql_url: str, tmp_path: Path):
    settings = Settings(data_dir=tmp_path, database=Database(url=SecretStr(postgresql_url)))
    engine = database.connect(settings, "store")
    other = database.connect(settings, "store")

    async def use_one_that_ends() -> None:
        async with database.writing(engine) as connection:
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            async with database.writing(other) as killer:
                await killer.execute(text(f"SELECT pg_terminate_backend({pid})"))
            await asyncio.sleep(0.2)
            await connection.execute(text("SELECT 1"))

    with pytest.raises(InfrastructureError, match="the database"):
        await use_one_that_ends()
    async with database.reading(engine) as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1, "the next one is a fresh connection"
    await engine.dispose()
    await other.dispose()


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


def test_a_database_that_is_away_is_infrastructure(closed_port: int, migrations: Path, tmp_path: Path):
    away = Database(url=SecretStr(f"postgresql://u:word@127.0.0.1:{closed_port}/d"))
    with pytest.raises(InfrastructureError, match="the database does not answer") as caught:
        database.migrate(Settings(data_dir=tmp_path, database=away), "store", migrations)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("mysql://host/db", "database.url: mysql is not supported; use postgresql:// or leave it empty"),
        ("nonsense", "database.url: is no URL"),
    ],
)
def test_a_url_of_another_kind_is_refused(given: str, message: str):
    with pytest.raises(UsageError, match=message):
        database.url(Settings(database=Database(url=SecretStr(given))), "store")


def test_urls_are_for_the_asynchronous_drivers(tmp_path: Path):
    assert database.url(Settings(data_dir=tmp_path), "alerts") == f"sqlite+aiosqlite:///{tmp_path / 'alerts.sqlite'}"
    settings = Settings(database=Database(url=SecretStr("postgresql://u:p%40@h:1/d")))
    assert database.url(settings, "alerts") == "postgresql+asyncpg://u:p%40@h:1/d"


async def test_sqlite_is_safe_against_a_loss_of_power(tmp_path: Path):
    engine = database.connect(Settings(data_dir=tmp_path), "store")
    async with database.reading(engine) as connection:
        values = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    await engine.dispose()
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"data_dir: .*file cannot be made"):
        database.connect(Settings(data_dir=tmp_path / "file"), "store")
