"""Start and stop of a process: logging, signals, and a loopback port with health and metrics."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams import metrics
from streams.errors import DefinitionError, InfrastructureError, TocsinError, UsageError
from streams.settings import Log, Settings

SHUTDOWN_SECONDS = 10.0
"""From the signal to the end: after this the process is ended whatever still hangs."""

LOOP_STALLED_SECONDS = 60.0
EXIT_FAILED = 70
REPEAT_SECONDS = 10.0

Check = Callable[[], str | None]
"""A readiness check: None while all is well, else one sentence."""

log = structlog.get_logger()


@dataclass
class Service:
    """One running process. `stopping` is set when it shall end; checks decide /readyz."""

    name: str
    settings: Settings
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    checks: dict[str, Check] = field(default_factory=dict)
    heartbeat: float = field(default_factory=time.monotonic)

    def add_check(self, name: str, check: Check) -> None:
        """Make readiness depend on a check, called from another thread: it must only read."""
        self.checks[name] = check

    def alive(self) -> str | None:
        """None while the event loop turns, else how long it has not."""
        age = time.monotonic() - self.heartbeat
        return f"the event loop has not turned for {age:.0f} s" if age > LOOP_STALLED_SECONDS else None

    def unready(self) -> dict[str, str]:
        """The checks that fail, with their sentences."""
        if self.stopping.is_set():
            return {"process": "is stopping"}
        answers = ((name, check()) for name, check in list(self.checks.items()))
        return {name: answer for name, answer in answers if answer is not None}


def run(name: str, settings: Settings, main: Callable[[Service], Awaitable[None]], *, port: int = 0) -> int:
    """Run `main` until it returns or a SIGTERM or SIGINT sets `service.stopping`; the exit status.

    `main` starts its work, waits for `service.stopping`, and winds up within SHUTDOWN_SECONDS. Settings and definitions
    that do not fit end with 2, a fault of the infrastructure with 70, so that a supervisor starts the process again.
    """
    configure_logging(settings.log, name)
    try:
        return asyncio.run(_run(name, settings, main, port))
    except (UsageError, DefinitionError) as error:
        log.error("process.refused", reason=str(error))
        for line in str(error).splitlines():
            print(f"tocsin: {line}", file=sys.stderr)  # noqa: T201 -- the promised lines, whatever the log format
        return 2
    except (InfrastructureError, TocsinError) as error:
        log.error("process.failed", reason=str(error))
        return EXIT_FAILED


async def _run(name: str, settings: Settings, main: Callable[[Service], Awaitable[None]], port: int) -> int:
    service = Service(name, settings)
    metrics.BUILD_INFO.labels(version("tocsin")).set(1)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, service, number)
    with _health_port(service, settings.health.host, port), _run_file(service):
        beat = asyncio.create_task(_beat(service))
        log.info("process.started", pid=os.getpid(), port=service.port)
        try:
            await main(service)
        finally:
            beat.cancel()
            log.info("process.stopped")
    return 0


def _stop(service: Service, number: int) -> None:
    if service.stopping.is_set():
        return
    log.info("process.stopping", signal=signal.Signals(number).name)
    service.stopping.set()
    deadline = threading.Timer(SHUTDOWN_SECONDS, _end_hard)
    deadline.daemon = True
    deadline.start()


def _end_hard() -> None:
    log.error("process.killed", reason=f"did not stop within {SHUTDOWN_SECONDS:.0f} s")
    os._exit(EXIT_FAILED)


async def _beat(service: Service) -> None:
    while True:
        due = time.monotonic() + 0.5
        await asyncio.sleep(0.5)
        service.heartbeat = time.monotonic()
        metrics.EVENT_LOOP_LAG.set(max(0.0, service.heartbeat - due))


def run_folder(settings: Settings) -> Path:
    """Where running processes leave their pid and health port: `<data_dir>/run/<name>-<pid>.json`."""
    return settings.data_dir / "run"


@contextlib.contextmanager
def _run_file(service: Service) -> Iterator[None]:
    folder = run_folder(service.settings)
    path = folder / f"{service.name}-{os.getpid()}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps({"name": service.name, "pid": os.getpid(), "port": service.port, "started": time.time()})
        )
    except OSError as error:
        raise UsageError(
            f"data_dir: {service.settings.data_dir} is not writable ({error}); name another folder"
        ) from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _health_port(service: Service, host: str, port: int) -> Iterator[None]:
    handler = type("Health", (_HealthHandler,), {"service": service})
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except OSError as error:
        raise UsageError(
            f"health.ports.{service.name}: port {port} on {host} is in use or not allowed ({error.strerror}); "
            "stop what uses it or choose another (0 takes a free one)"
        ) from error
    service.port = server.server_address[1]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="health", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _HealthHandler(BaseHTTPRequestHandler):
    """GET /livez, /readyz and /metrics; runs in its own thread, so it answers while the event loop is busy."""

    service: Service
    timeout = 5

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, generate_latest(metrics.REGISTRY), CONTENT_TYPE_LATEST)
        elif path in ("/livez", "/healthz"):
            reason = self.service.alive()
            self._answer(503 if reason else 200, (reason or "ok").encode())
        elif path == "/readyz":
            failing = self.service.unready()
            body = "\n".join(f"{name}: {reason}" for name, reason in failing.items()) or "ok"
            self._answer(503 if failing else 200, body.encode())
        else:
            self._answer(404, b"ask for /livez, /readyz or /metrics")

    def _answer(self, status: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the signature of http.server
        log.debug("health.asked", request=format % args)


class SparingFilter(logging.Filter):
    """Lets a line of a library through once in REPEAT_SECONDS: without its broker, aiokafka logs forty a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._passed: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is shown; records that differ only in their values count as the same."""
        now, key = self._clock(), (record.name, str(record.msg))
        if now - self._passed.get(key, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        if len(self._passed) >= 1000:
            self._passed.clear()
        self._passed[key] = now
        return True


def configure_logging(settings: Log, process: str = "") -> None:
    """Log events to standard error: text on a terminal, JSON elsewhere, unless the settings choose."""
    as_text = settings.format == "text" or (settings.format == "auto" and sys.stderr.isatty())
    colors = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0)
        if as_text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, final],
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.processors.format_exc_info],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(SparingFilter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelName(settings.level.upper())))
    structlog.contextvars.clear_contextvars()
    if process:
        structlog.contextvars.bind_contextvars(process=process)
