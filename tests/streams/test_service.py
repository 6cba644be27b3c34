"""A process: it starts with its files and port, says how it is, and ends in order or hard."""

import asyncio
import json
import logging
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from streams import service
from streams.errors import DefinitionError, InfrastructureError, PermanentError, UsageError
from streams.service import Service
from streams.settings import Log, Settings

PROCESS = """
import asyncio, sys, time
from pathlib import Path
from streams import service
from streams.settings import Settings

service.SHUTDOWN_SECONDS = 1.0

async def orderly(running):
    print(running.port, flush=True)
    await running.stopping.wait()
    print("winding up", flush=True)

async def hanging(running):
    print(running.port, flush=True)
    await running.stopping.wait()
    await asyncio.sleep(60)

async def blocking(running):
    print(running.port, flush=True)
    await running.stopping.wait()
    time.sleep(60)

raise SystemExit(service.run("test", Settings(data_dir=Path(sys.argv[1])), globals()[sys.argv[2]]))
"""


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """A process sets up the log of its own; the tests after this one have another."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)
    structlog.contextvars.clear_contextvars()


def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", log=Log(level="error"))


def process(tmp_path: Path, main: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "data"), main]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals):
    with process(tmp_path, "orderly") as running:
        assert running.stdout is not None
        port = int(running.stdout.readline())
        (file,) = (tmp_path / "data" / "run").iterdir()
        assert file.name == f"test-{running.pid}.json"
        told = json.loads(file.read_text())
        assert (told["name"], told["pid"], told["port"]) == ("test", running.pid, port)
        running.send_signal(number)
        assert running.stdout.read() == "winding up\n"
        assert running.wait(40) == 0
    assert list((tmp_path / "data" / "run").iterdir()) == []


@pytest.mark.parametrize("main", ["hanging", "blocking"])
def test_one_that_does_not_end_is_ended(tmp_path: Path, main: str):
    with process(tmp_path, main) as running:
        assert running.stdout is not None
        running.stdout.readline()
        began = time.monotonic()
        running.terminate()
        assert running.wait(40) == 70
        assert time.monotonic() - began < 40, "it would sleep for a minute"
        assert running.stderr is not None
        assert "process.killed" in running.stderr.read()


def test_it_says_how_it_is_on_its_port(tmp_path: Path):
    answers: dict[str, tuple[int, str]] = {}

    async def main(running: Service) -> None:
        async def ask(name: str, path: str) -> None:
            answers[name] = await asyncio.to_thread(get, running.port, path)

        await ask("live", "/livez")
        await ask("ready", "/readyz")
        running.add_check("kafka", lambda: "the broker cannot be reached")
        running.add_check("database", lambda: None)
        await ask("not ready", "/readyz")
        await ask("metrics", "/metrics")
        await ask("else", "/")
        running.heartbeat -= 100
        answers["stalled"] = (0, running.alive() or "")
        running.stopping.set()
        await ask("stopping", "/readyz")

    assert service.run("test", settings(tmp_path), main) == 0
    assert answers["live"] == (200, "ok")
    assert answers["ready"] == (200, "ok")
    assert answers["not ready"] == (503, "kafka: the broker cannot be reached")
    assert answers["metrics"][0] == 200
    assert "tocsin_build_info{" in answers["metrics"][1]
    assert answers["else"][0] == 404
    assert answers["stalled"][1].startswith("the event loop has not turned for 10")
    assert answers["stopping"][0] == 503
    assert "process: is stopping" in answers["stopping"][1]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError("smtp.host: is empty"), 2),
        (DefinitionError.at("rules.toml", 3, "no such field"), 2),
        (InfrastructureError("the broker is away"), 70),
        (PermanentError("cannot be done"), 70),
    ],
)
def test_an_error_becomes_the_exit_status(tmp_path: Path, error: Exception, status: int):
    async def main(_running: Service) -> None:
        raise error

    assert service.run("test", settings(tmp_path), main) == status
    assert list((tmp_path / "data" / "run").iterdir()) == []


def test_wrong_settings_are_one_line_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    async def main(_running: Service) -> None:
        raise UsageError("smtp.host: is empty")

    service.run("test", settings(tmp_path), main)
    assert "tocsin: smtp.host: is empty\n" in capsys.readouterr().err


def test_a_port_in_use_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    statuses = []

    async def main(running: Service) -> None:
        async def second(_running: Service) -> None:
            raise AssertionError("it must not run")

        statuses.append(await asyncio.to_thread(run_second, running.port, second))

    def run_second(port: int, second: object) -> int:
        command = [sys.executable, "-c", SECOND, str(tmp_path / "other"), str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        print(done.stderr)
        return done.returncode

    assert service.run("test", settings(tmp_path), main) == 0
    assert statuses == [2]
    assert "tocsin: health.ports.match: port " in capsys.readouterr().out


SECOND = """
import sys
from pathlib import Path
from streams import service
from streams.settings import Settings

async def main(running):
    raise AssertionError("it must not run")

raise SystemExit(service.run("match", Settings(data_dir=Path(sys.argv[1])), main, port=int(sys.argv[2])))
"""


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "data").write_text("a file")

    async def main(_running: Service) -> None:
        raise AssertionError("it must not run")

    assert service.run("test", settings(tmp_path), main) == 2
    assert "is not writable" in capsys.readouterr().err
