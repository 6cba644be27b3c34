"""`tocsin up` with small programs in place of the processes: start, refusal, stopping, and a second one on the data."""

import asyncio
import io
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from deploy import health
from deploy.blocking import in_thread
from deploy.kafka import LocalKafka
from deploy.kafka_keeper import KafkaKeeper
from deploy.local import Machine, Voice, check_ports, only_one, programs
from deploy.settings import Settings
from deploy.supervisor import Guard, Program
from streams.errors import UsageError

PROCESS = """
import json, os, pathlib, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, HTTPServer
name, run, order = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(b"# TYPE tocsin_articles_published_total counter\\ntocsin_articles_published_total 1.0\\n"
                         b"# TYPE tocsin_alerts_total counter\\ntocsin_alerts_total 1.0\\n")
    def log_message(self, *_): pass

server = HTTPServer(("127.0.0.1", 0), Handler)
run.mkdir(parents=True, exist_ok=True)
(run / f"{name}-{os.getpid()}.json").write_text(json.dumps(
    {"name": name, "pid": os.getpid(), "port": server.server_address[1], "started": time.time()}))
def end(*_):
    with order.open("a") as f: f.write(name + "\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
server.serve_forever()
"""


def process(settings: Settings, name: str, folder: Path) -> Program:
    arguments = (name, str(settings.data_dir / "run"), str(folder / "order"))
    return Program(name, (sys.executable, "-I", "-S", "-c", PROCESS, *arguments))


def all_processes(settings: Settings, folder: Path) -> list[Program]:
    return [process(settings, name, folder) for name in health.PROCESSES]


class Screen(io.StringIO):
    """What `up` printed, as lines without the column of names."""

    def lines(self) -> list[str]:
        return [line.partition("│ ")[2] for line in self.getvalue().splitlines()]

    def has(self, text: str) -> bool:
        return any(text in line for line in self.lines())


async def until(done, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.05)


@pytest.mark.kafka
async def test_everything_starts_says_so_and_stops_in_order(kafka_settings: Settings, tmp_path: Path) -> None:
    screen = Screen()
    published = asyncio.Event()

    async def publish() -> None:
        published.set()

    machine = Machine(kafka_settings, all_processes(kafka_settings, tmp_path), Voice(screen))
    running = asyncio.create_task(machine.run(publish))
    await until(lambda: screen.has("the first alert was stored") and published.is_set())
    pids = [process.pid for process in health.find_running(kafka_settings)]
    assert len(pids) == 5
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(running, 60) == 0
    assert (tmp_path / "order").read_text().split() == list(health.PROCESSES)
    assert not any(health.is_alive(pid) for pid in pids)
    for said in (
        "everything is ready after",
        "the page       http://127.0.0.1:8080/",
        "tocsin feeds add",
        "stopped in",
    ):
        assert screen.has(said), said


@pytest.mark.kafka
async def test_a_process_that_refuses_its_settings_at_the_start_ends_all_and_is_quoted(
    kafka_settings: Settings, tmp_path: Path
) -> None:
    screen = Screen()
    refusing = Program("web", (sys.executable, "-c", "print('tocsin: web.port: no'); raise SystemExit(2)"))
    to_run = [*all_processes(kafka_settings, tmp_path)[:4], refusing]
    with pytest.raises(UsageError, match=r"^web\.port: no$"):
        await asyncio.wait_for(Machine(kafka_settings, to_run, Voice(screen)).run(), 60)
    assert screen.has("tocsin: web.port: no")
    assert health.find_running(kafka_settings) == []


@pytest.mark.kafka
async def test_a_process_that_keeps_failing_does_not_take_the_others_down(
    kafka_settings: Settings, tmp_path: Path
) -> None:
    screen = Screen()
    failing = Program("detect", (sys.executable, "-c", "raise SystemExit(70)"))
    to_run = [process(kafka_settings, "ingest", tmp_path), failing]
    running = asyncio.create_task(Machine(kafka_settings, to_run, Voice(screen)).run())
    await until(lambda: screen.has("ended with exit status 70; starting it again in 2 s"))
    assert [found.name for found in health.find_running(kafka_settings)] == ["ingest"]
    os.kill(os.getpid(), signal.SIGINT)
    assert await asyncio.wait_for(running, 60) == 0


async def test_a_configured_kafka_that_does_not_answer_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings = Settings.model_validate({"data_dir": tmp_path, "kafka": {"bootstrap_servers": f"127.0.0.1:{port}"}})
    machine = Machine(settings, all_processes(settings, tmp_path), Voice(Screen()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("deploy.local.KAFKA_SECONDS", 0.5)
        with pytest.raises(UsageError, match=r"^kafka\.bootstrap_servers: Kafka cannot be reached"):
            await machine.run()


@pytest.mark.kafka
async def test_a_kafka_that_was_running_before_is_used_and_left_running(kafka: LocalKafka) -> None:
    screen = Screen()
    with Guard() as guard:
        keeper = KafkaKeeper(Settings(data_dir=kafka.data_dir), guard, Voice(screen).say)
        await keeper.start()
        await keeper.stop(5)
    assert kafka.status().ready
    assert screen.has("is left running")


@pytest.mark.kafka
async def test_a_kafka_that_is_killed_is_started_again_and_stopped_at_the_end(tmp_path: Path) -> None:
    settings, screen = Settings(data_dir=tmp_path), Screen()
    with Guard() as guard:
        keeper = KafkaKeeper(settings, guard, Voice(screen).say)
        await keeper.start()
        watching = asyncio.create_task(keeper.watch())
        first = await in_thread(LocalKafka.of(settings).status)
        os.kill(first.pid or 0, signal.SIGKILL)
        await until(lambda: LocalKafka.of(settings).status().ready, 60)
        second = await in_thread(LocalKafka.of(settings).status)
        await keeper.stop(10)
        watching.cancel()
    assert first.pid != second.pid
    assert first.address == second.address
    assert screen.has("has ended; starting it again in 1 s")
    assert not LocalKafka.of(settings).status().running


def test_a_second_up_on_the_same_data_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    refused = pytest.raises(UsageError, match=rf"another `tocsin up` \(pid {os.getpid()}\) works on {tmp_path}")
    with only_one(tmp_path), refused, only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_a_data_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(UsageError, match=r"^data_dir: .*/file/data is not writable"),
        only_one(tmp_path / "file" / "data"),
    ):
        pass


def test_ports_that_are_taken_are_named_all_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = {"ingest": 0, "detect": one.getsockname()[1], "match": 0, "deliver": 0, "web": 0}
        settings = Settings.model_validate(
            {"data_dir": tmp_path, "health": {"ports": ports}, "web": {"port": two.getsockname()[1]}}
        )
        with pytest.raises(UsageError) as refused:
            check_ports(settings)
    lines = str(refused.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["health.ports.detect", "web.port"]
    assert "--set web.port=PORT" in lines[1]


def test_the_processes_get_the_options_that_up_was_given() -> None:
    started = programs(("--config", "my.toml", "--set", "web.port=1"))
    assert [program.name for program in started] == list(health.PROCESSES)
    assert started[0].command[1:] == (
        "-m",
        "deploy.cli",
        "--config",
        "my.toml",
        "--set",
        "web.port=1",
        "serve",
        "ingest",
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("screen", "no_color", "coloured"), [(Terminal, "", True), (Terminal, "1", False), (Screen, "", False)]
)
def test_names_are_coloured_on_a_terminal_only(
    screen: type[io.StringIO], no_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    out = screen()
    Voice(out).say("ingest", "hello")
    assert ("\x1b[" in out.getvalue()) == coloured
    assert "hello" in out.getvalue()


async def test_work_in_a_thread_gives_its_result_or_its_error() -> None:
    assert await in_thread(lambda: 7) == 7
    with pytest.raises(UsageError, match="no"):
        await in_thread(lambda: _raise(UsageError("no")))


def _raise(error: Exception) -> None:
    raise error
