"""All of it on this machine: a Kafka, its topics and the five processes, kept running until Ctrl-C."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

from deploy import health, supervisor
from deploy.blocking import in_thread
from deploy.kafka_keeper import KafkaKeeper
from deploy.settings import Settings
from deploy.supervisor import Guard, Keeper, Program
from streams import broker
from streams.errors import UsageError

READY_SECONDS = 60.0
KAFKA_SECONDS = 15.0
"""How long a configured Kafka may take to answer at the start."""

STOP_SECONDS = 14.0
"""From the signal to the end of everything."""

COLOURS = {"ingest": 36, "detect": 35, "match": 33, "deliver": 32, "web": 34, "kafka": 90}


@dataclass
class Voice:
    """Prints lines with the name of the process they come from; coloured on a terminal unless NO_COLOR is set."""

    out: TextIO = field(default_factory=lambda: sys.stdout)

    def __post_init__(self) -> None:
        self._coloured = self.out.isatty() and not os.environ.get("NO_COLOR")

    def say(self, name: str, line: str) -> None:
        """One line from or about a process; nothing is said to a reader who has gone."""
        mark = f"{name:<8}│"
        if self._coloured:
            mark = f"\x1b[{COLOURS.get(name, 1)}m{mark}\x1b[0m"
        with contextlib.suppress(OSError):
            print(mark, line, file=self.out, flush=True)

    def tell(self, line: str) -> None:
        """One line of our own."""
        self.say("tocsin", line)


@contextlib.contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for this `up`: a second one on the same data is refused in words."""
    path = data_dir / "up.lock"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        handle = path.open("a+", encoding="ascii")
    except OSError as error:
        raise UsageError(f"data_dir: {data_dir} is not writable ({error.strerror}); name another folder") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            raise UsageError(
                f"data_dir: another `tocsin up` (pid {handle.read().strip() or 'unknown'}) works on {data_dir}; "
                "stop it, or name another folder with --data-dir"
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def check_ports(settings: Settings) -> None:
    """Refuse in words the ports that are taken, all at once, before anything is started."""
    ports = settings.health.ports
    wanted = [(f"health.ports.{name}", settings.health.host, getattr(ports, name)) for name in health.PROCESSES]
    wanted.append(("web.port", settings.web.host, settings.web.port))
    taken = [
        f"{key}: port {port} on {host} is in use; stop what uses it, or choose another with --set {key}=PORT"
        for key, host, port in wanted
        if port and not _free(host, port)
    ]
    if taken:
        raise UsageError("\n".join(taken))


def _free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def programs(options: Sequence[str]) -> list[Program]:
    """The five processes, each a `tocsin serve` with the given options."""
    return [Program(name, (sys.executable, "-m", "deploy.cli", *options, "serve", name)) for name in health.PROCESSES]


def up(settings: Settings, options: Sequence[str], *, samples: bool) -> int:
    """Run everything until SIGINT or SIGTERM; the exit status. `options` are those that this `tocsin` was given."""
    voice = Voice()
    with only_one(settings.data_dir):
        check_ports(settings)
        voice.tell(f"version {version('tocsin')}, data in {settings.data_dir.absolute()}; Ctrl-C stops everything")
        return asyncio.run(_up(settings, options, voice, samples=samples))


async def _up(settings: Settings, options: Sequence[str], voice: Voice, *, samples: bool) -> int:
    if settings.log.format == "auto":
        options = (*options, "--set", "log.format=text")  # people read the lines of `up`, also from a file
    from deploy.demonstration import opened, rest

    tocsin = (sys.executable, "-m", "deploy.cli", *options)
    if not samples:
        await rest(settings, tocsin)
        return await Machine(settings, programs(options), voice).run()
    async with opened(settings, tocsin, voice.say) as demonstration:
        machine = Machine(demonstration.settings, programs((*options, *demonstration.options)), voice)
        return await machine.run(demonstration.publish)


class Machine:
    """Everything that `up` keeps running on this machine."""

    def __init__(self, settings: Settings, to_run: Sequence[Program], voice: Voice) -> None:
        self.settings = settings
        self.voice = voice
        self.began = time.monotonic()
        self._programs = to_run
        self._keepers: list[Keeper] = []
        self._stopping = asyncio.Event()
        self._kafka: KafkaKeeper | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._meanwhile: asyncio.Task[None] | None = None

    async def run(self, meanwhile: Callable[[], Coroutine[None, None, None]] | None = None) -> int:
        """Start everything, run `meanwhile` beside it once it is ready, and stop in order; the exit status.

        Raises UsageError, once all is stopped again, when a process refuses its settings at the start.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        with Guard() as guard:
            try:
                if await self._unless_stopped(self._start(guard)) and meanwhile is not None:
                    self._meanwhile = self._beside(meanwhile())
                await self._stopping.wait()
            finally:
                await self._stop()
        return 0

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            self.voice.tell("asked a second time: ending everything at once")
            for keeper in self._keepers:
                keeper.kill()
        self._stopping.set()

    async def _unless_stopped(self, work: Coroutine[None, None, None]) -> bool:
        """Do `work`; False when it was time to stop before it was done."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done():
            working.result()
            return True
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        return False

    async def _start(self, guard: Guard) -> None:
        """Kafka, processes, topics. Raises UsageError when one of them cannot work with the settings.

        The processes load what they need while Kafka starts, and wait for their topics.
        """
        if self.settings.kafka.bootstrap_servers:
            await broker.wait_ready(self.settings, KAFKA_SECONDS)
            self.voice.say("kafka", f"using {self.settings.kafka.bootstrap_servers}")
            self._start_processes(guard)
        else:
            self._kafka = KafkaKeeper(self.settings, guard, self.voice.say)
            await self._start_beside_kafka(self._kafka, guard)
        if created := await broker.create_topics(self.settings):
            self.voice.tell(f"created the topics {', '.join(created)}")
        self._beside(self._watch_firsts())
        await self._wait_ready()

    async def _start_beside_kafka(self, kafka: KafkaKeeper, guard: Guard) -> None:
        starting = asyncio.ensure_future(kafka.start())
        launched = asyncio.ensure_future(kafka.launched())
        try:
            await asyncio.wait((starting, launched), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
            self._start_processes(guard)
            await starting
        finally:
            launched.cancel()
            starting.cancel()
        self._beside(kafka.watch())

    def _start_processes(self, guard: Guard) -> None:
        self.voice.tell(f"starting {', '.join(program.name for program in self._programs)}")
        self._keepers = [Keeper(program, guard, self.voice.say) for program in self._programs]
        for keeper in self._keepers:
            self._beside(keeper.run())

    async def _wait_ready(self) -> None:
        """Wait until every process is ready, or for READY_SECONDS; UsageError as soon as one refuses its settings."""
        waiting = {keeper.program.name: "has not started" for keeper in self._keepers}
        deadline = time.monotonic() + READY_SECONDS
        while waiting and time.monotonic() < deadline:
            self._check_refused()
            for keeper in self._keepers:
                if keeper.program.name in waiting:
                    answer = await in_thread(partial(self._readiness, keeper.pid))
                    waiting[keeper.program.name] = answer.reason
                    if answer.ready:
                        del waiting[keeper.program.name]
            await asyncio.sleep(0.1)
        for keeper in self._keepers:
            keeper.proven = True
        for name, reason in waiting.items():
            self.voice.say(name, f"is not ready after {READY_SECONDS:.0f} s ({reason}); it is left running")
        self._explain(all_ready=not waiting)

    def _check_refused(self) -> None:
        refused = [keeper for keeper in self._keepers if keeper.refused.is_set()]
        if refused:
            # Processes that read the same file say the same of it.
            said = dict.fromkeys(line for keeper in refused for line in keeper.complaints)
            names = ", ".join(keeper.program.name for keeper in refused)
            raise UsageError("\n".join(said) or f"{names} cannot work with these settings; its lines above say why")

    def _readiness(self, pid: int | None) -> health.Readiness:
        process = next((p for p in health.find_running(self.settings) if p.pid == pid), None)
        return health.readiness(self.settings, process) if process else health.Readiness(False, "has not started")

    def _explain(self, *, all_ready: bool) -> None:
        web = self.settings.web
        page = web.base_url or f"http://{f'[{web.host}]' if ':' in web.host else web.host}:{web.port}/"
        if all_ready:
            self.voice.tell(f"everything is ready after {time.monotonic() - self.began:.1f} s")
        self.voice.tell(f"the page       {page}")
        self.voice.tell("add a feed     tocsin feeds add https://example.org/feed.xml")
        self.voice.tell("add a rule     write it in a file and name that in rules.files, or tocsin rules add FILE")
        self.voice.tell("how it goes    tocsin status")

    async def _watch_firsts(self) -> None:
        """Say when the first article and the first alert have come."""
        await asyncio.gather(
            self._watch_first("ingest", "tocsin_articles_published_total", "the first article was read"),
            self._watch_first("match", "tocsin_alerts_total", "the first alert was stored"),
        )

    async def _watch_first(self, name: str, metric: str, what: str) -> None:
        while True:
            if await in_thread(partial(self._total, name, metric)):
                break
            await asyncio.sleep(0.5 if time.monotonic() - self.began < 120 else 5)
        self.voice.tell(f"{what} {time.monotonic() - self.began:.1f} s after the start")

    def _total(self, name: str, metric: str) -> float:
        processes = [process for process in health.find_running(self.settings) if process.name == name]
        return sum(health.read_total(health.metrics_of(self.settings, process), metric) for process in processes)

    def _beside(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        task.add_done_callback(self._on_done)
        self._tasks.append(task)
        return task

    def _on_done(self, task: "asyncio.Task[None]") -> None:
        """Stop when something that runs beside the processes has failed in a way that nobody foresaw."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.voice.tell(f"{error}")
            self._stopping.set()

    async def _stop(self) -> None:
        began = time.monotonic()
        if self._keepers or self._kafka:
            self.voice.tell("stopping")
        if self._meanwhile is not None:
            self._meanwhile.cancel()
        await supervisor.stop(self._keepers)
        if self._kafka is not None:
            await self._kafka.stop(max(1.0, began + STOP_SECONDS - time.monotonic()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._keepers or self._kafka:
            self.voice.tell(f"stopped in {time.monotonic() - began:.1f} s")
