"""Feeds are parsed in a process of their own, which may be slow, die or be killed without harm to anybody.

`Parser` is the side that asks: one or more worker processes, each with a limit of memory, each job with a deadline. Run
as `python -m ingest.parser_process MEGABYTES` this module is the worker: jobs come in on standard input and results go
out on standard output, as length-prefixed messages, nothing else is opened.
"""

import asyncio
import contextlib
import resource
import struct
import sys
from datetime import datetime
from typing import BinaryIO

import msgspec
import structlog

from streams import metrics
from streams.errors import PermanentError, TemporaryError
from streams.messages import Article

LENGTH = struct.Struct("!I")
MAX_MESSAGE = 512 * 1024 * 1024
JOBS_PER_WORKER = 5_000
"""After so many jobs a worker is replaced, so that no leak of a library grows for ever."""

START_SECONDS = 20.0

log = structlog.get_logger()


class Job(msgspec.Struct, frozen=True):
    """What to parse. `source` is the feed's identity: the URL as subscribed, or the file as given."""

    body: bytes
    source: str
    url: str
    content_type: str
    fetched: datetime
    max_bytes: int


class Parsed(msgspec.Struct, frozen=True):
    """What came of it; with `error` set, a sentence without a subject, the rest is empty."""

    format: str | None = None
    title: str | None = None
    language: str | None = None
    encoding: str | None = None
    entries: int = 0
    complaint: str | None = None
    error: str | None = None
    articles: tuple[Article, ...] = ()


class ParserDiedError(PermanentError):
    """The worker ran out of its time or memory, or crashed, over this feed."""


class Parser:
    """Up to `workers` processes, started when first needed. Give it up with `aclose`."""

    def __init__(self, *, seconds: float, memory_mb: int, workers: int = 1) -> None:
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._idle: list[_Worker] = []
        self._turns = asyncio.Semaphore(workers)

    async def parse(self, job: Job) -> Parsed:
        """Parse one feed. Raises ParserDiedError when it was too much; the next job gets a new worker."""
        async with self._turns:
            worker = self._idle.pop() if self._idle else await _Worker.start(self._memory_mb)
            answered = False
            try:
                with metrics.PARSE_SECONDS.time():
                    result = await asyncio.wait_for(worker.ask(job), self._seconds)
                answered = True
            except TimeoutError as error:
                raise ParserDiedError(f"took longer than {self._seconds:g} s to parse") from error
            except (asyncio.IncompleteReadError, OSError, msgspec.MsgspecError) as error:
                raise ParserDiedError(f"killed the parser (exit status {await worker.kill()})") from error
            finally:
                if answered and worker.jobs < JOBS_PER_WORKER:
                    self._idle.append(worker)
                else:
                    await worker.kill()
            return result

    async def aclose(self) -> None:
        """End the workers."""
        while self._idle:
            await self._idle.pop().kill()


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.jobs = 0

    @classmethod
    async def start(cls, memory_mb: int) -> "_Worker":
        """A worker that has loaded its libraries, so that a job's deadline is for the job alone."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ingest.parser_process", str(memory_mb)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C at a terminal is for us to handle, not for the worker
            limit=2**20,
        )
        worker, started = cls(process), False
        try:
            await asyncio.wait_for(worker._read(), START_SECONDS)
            started = True
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            raise TemporaryError(f"the parser process did not start (exit status {await worker.kill()})") from error
        finally:
            if not started:
                await worker.kill()
        return worker

    async def ask(self, job: Job) -> Parsed:
        """Send a job and wait for its result."""
        self.jobs += 1
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 -- it was asked for as a pipe
        message = msgspec.msgpack.encode(job)
        stdin.write(LENGTH.pack(len(message)) + message)
        await stdin.drain()
        return msgspec.msgpack.decode(await self._read(), type=Parsed)

    async def _read(self) -> bytes:
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 -- it was asked for as a pipe
        (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
        if length > MAX_MESSAGE:
            raise OSError("the parser process sent nonsense")
        return await stdout.readexactly(length)

    async def kill(self) -> int | None:
        """End the process at once; its exit status."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), 5)
        return self._process.returncode


def run(job: Job) -> Parsed:
    """Parse one job here and now: what a worker does."""
    from ingest import articles, formats
    from ingest.formats.document import NotAFeedError

    try:
        feed = formats.parse(job.body, url=job.url, content_type=job.content_type, max_bytes=job.max_bytes)
    except NotAFeedError as error:
        return Parsed(error=str(error))
    except (MemoryError, RecursionError):
        return Parsed(error="is too large or too deeply nested to parse")
    return Parsed(
        format=feed.format,
        title=articles.plain_title(feed.title) or None,
        language=feed.language,
        encoding=feed.encoding,
        entries=len(feed.entries),
        complaint=feed.complaint,
        articles=tuple(articles.articles(feed, job.source, job.fetched)),
    )


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer jobs until the other side closes."""
    _send(sink, b"")
    while header := source.read(LENGTH.size):
        (length,) = LENGTH.unpack(header)
        result = run(msgspec.msgpack.decode(source.read(length), type=Job))
        _send(sink, msgspec.msgpack.encode(result))


def _send(sink: BinaryIO, message: bytes) -> None:
    sink.write(LENGTH.pack(len(message)) + message)
    sink.flush()


def main() -> None:
    """The worker process: limited in memory, without core dumps, its libraries loaded before the first job."""
    megabytes = int(sys.argv[1])
    import ingest.articles
    import ingest.formats  # noqa: F401 -- loaded now, so that a job's deadline is for the job alone

    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sink = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints must not get among the messages
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
