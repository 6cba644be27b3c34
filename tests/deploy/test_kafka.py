"""The local Kafka: its jars are the known ones, it survives what is done to it, and it says what is wrong."""

import hashlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from deploy import kafka_jars
from deploy.kafka import LocalKafka, cluster_id
from streams.broker import answers, create_topics, measure
from streams.errors import UsageError
from streams.settings import Settings

pytestmark = pytest.mark.kafka

OWNER = """
import sys, time
from pathlib import Path
from deploy.kafka import LocalKafka
local = LocalKafka(Path(sys.argv[1]))
local.start()
print(local.status().pid, flush=True)
time.sleep(100)
"""


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("deploy.kafka.STOP_SECONDS", 40.0)  # on a machine that does much else
    local = LocalKafka(tmp_path)
    yield local
    local.stop()
    if local._process is not None and local._process.poll() is None:
        # a test that fails while it hides the pid would leave a Kafka that never ends: its folder goes, and it waits for that
        local._process.kill()


def gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def ended_in_order(local: LocalKafka) -> bool:
    """Whether Java ended by SIGTERM, which it answers with 143, and not by the SIGKILL that comes later."""
    assert local._process is not None
    return local._process.wait(10) == 143


async def test_a_broker_that_was_killed_starts_again_on_the_same_data_and_address(local: LocalKafka, tmp_path: Path):
    said: list[str] = []
    local.progress = said.append
    address = local.start()
    settings = Settings(data_dir=tmp_path)
    assert len(await create_topics(settings)) == 6

    first = local.status()
    assert (first.running, first.ready, first.address, first.reason) == (True, True, address, None)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    assert gone(first.pid, 30)
    assert local.status().running is False

    assert local.start() == address
    assert [state.partitions for state in await measure(settings)] == [8, 8, 4, 1, 1, 1]
    assert said.count("Formatting Kafka's storage") == 1

    said.clear()
    assert local.start() == address
    assert said == [f"Kafka is already running (pid {local.status().pid})"]

    assert local.stop() is True
    assert ended_in_order(local)
    assert local.stop() is False
    assert await answers(address) is not None


async def test_a_second_one_on_the_same_data_says_who_is_in_the_way_and_does_no_harm(local: LocalKafka, tmp_path: Path):
    """Kafka's own lock would come after the second one wrote to the first one's metadata."""
    address = local.start()
    pid = (tmp_path / "kafka" / "pid").read_text()
    (tmp_path / "kafka" / "pid").unlink()
    (tmp_path / "kafka" / "ports.json").unlink()
    with pytest.raises(UsageError, match=r"another process uses .*data; stop it, or name another data_dir"):
        LocalKafka(tmp_path).start()
    (tmp_path / "kafka" / "pid").write_text(pid)
    assert local.address() == address
    assert len(await create_topics(Settings(data_dir=tmp_path))) == 6
    assert local.stop() is True
    assert ended_in_order(local)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_it_ends_with_the_process_that_started_it(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert not gone(pid, 0.2)
        assert os.getsid(pid) != os.getsid(owner.pid), "a Ctrl-C in the terminal must not reach it"
        owner.kill()
    assert gone(pid, 60)


def test_a_process_that_got_the_number_of_an_old_one_is_not_taken_for_kafka(tmp_path: Path):
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "pid").write_text(str(os.getpid()))
    assert LocalKafka(tmp_path).status().running is False
    assert LocalKafka(tmp_path).stop() is False


def test_a_java_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match=r"kafka\.java: /no/java is no program"):
        LocalKafka(tmp_path, java="/no/java").start()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"data_dir: .*file/kafka is not writable"):
        LocalKafka(tmp_path / "file").start()


def test_every_jar_is_in_the_list_once():
    wanted = kafka_jars.expected()
    assert len(wanted) == 46
    assert f"kafka-clients-{kafka_jars.VERSION}.jar" in wanted
    assert all(len(digest) == 64 for digest in wanted.values())


def test_a_foreign_jar_is_found(tmp_path: Path):
    wanted = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("a.jar", "b.jar", "c.jar")}
    for name in ("a.jar", "b.jar"):
        (tmp_path / name).write_bytes(name.encode())
    assert kafka_jars.differing(tmp_path, wanted) == ["c.jar"]
    (tmp_path / "b.jar").write_bytes(b"other")
    assert kafka_jars.differing(tmp_path, wanted) == ["b.jar", "c.jar"]


def test_jars_are_checked_at_every_start_and_without_a_network_it_says_what_to_do(
    local: LocalKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(kafka_jars, "_resolve", offline)
    assert len(kafka_jars.obtain(local.cache, print)) == 46, "from the cache, with no network"
    with pytest.raises(UsageError, match=r"go online once.*kafka\.bootstrap_servers"):
        kafka_jars.obtain(tmp_path / "empty", lambda _line: None)


def offline(_folder: Path) -> None:
    raise OSError("no route to host")


@pytest.mark.parametrize("first", [0x00, 0x7F, 0x80, 0xF8, 0xFB, 0xFF])
def test_an_id_of_a_cluster_never_looks_like_an_option(first: int) -> None:
    name = cluster_id(uuid.UUID(bytes=bytes([first, *range(15)])))
    assert len(name) == 22
    assert name[0].isalpha()
