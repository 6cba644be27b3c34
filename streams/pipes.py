"""JSON lines in, JSON lines out: how `parse`, `detect` and `match` read and write at a shell.

A line that cannot be used becomes `{"error": …, "line": N}` on standard error; the rest goes on.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from streams.errors import TocsinError, UsageError
from streams.messages import Message, UnreadableError, encode

MAX_LINE_BYTES = 64 * 1024 * 1024
"""A longer line is an error, not a reason to fill the memory."""

STANDARD = "-"


@contextlib.contextmanager
def opened(name: str | None) -> Iterator[BinaryIO]:
    """The file to read from; `-` or nothing is standard input. UsageError when it cannot be read."""
    if name is None or name == STANDARD:
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 -- closed below: only the opening is a usage error
    except OSError as error:
        raise UsageError(f"{name}: cannot be read ({error.strerror}); name a file, or - for standard input") from error
    with file:
        yield file


def lines(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, with its number from 1, as soon as it has come in.

    A line above MAX_LINE_BYTES is given cut to one byte more than that, so that `Pipe.each` can tell.
    """
    number = 0
    while line := source.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            _skip_line(source)
            yield number, line
        elif stripped := line.strip():
            yield number, stripped


def _skip_line(source: BinaryIO) -> None:
    while rest := source.readline(MAX_LINE_BYTES):
        if rest.endswith(b"\n"):
            return


@dataclass
class Pipe:
    """Where results and errors of a pipe go. `failed` counts the errors; `status` is the exit status."""

    output: BinaryIO = field(default_factory=lambda: sys.stdout.buffer)
    errors: BinaryIO = field(default_factory=lambda: sys.stderr.buffer)
    failed: int = 0
    written: Callable[[Message], bytes] = encode
    """How a result is written: as JSON, unless people are to read it."""

    @property
    def status(self) -> int:
        """0 when all went well, else 1."""
        return 1 if self.failed else 0

    def write(self, message: Message) -> None:
        """One message as one line, at once: who reads gets it before the next is made."""
        self.output.write(self.written(message) + b"\n")
        self.output.flush()

    def fail(self, error: str, line: int) -> None:
        """Report what could not be used, and go on."""
        self.failed += 1
        self.errors.write(msgspec.json.encode({"error": error, "line": line}) + b"\n")
        self.errors.flush()

    def each(self, source: BinaryIO, handle: Callable[[bytes], Iterable[Message]]) -> None:
        """Write what `handle` makes of each line, in order; a line that it cannot use is reported."""
        for number, line in lines(source):
            if len(line) > MAX_LINE_BYTES:
                self.fail(f"the line is longer than {MAX_LINE_BYTES} bytes", number)
                continue
            try:
                made = list(handle(line))
            except (UnreadableError, TocsinError) as error:
                self.fail(str(error), number)
            except Exception as error:  # noqa: BLE001 -- as the agents per message: one bad line is not the end of the rest
                self.fail(f"{type(error).__name__}: {error}", number)
            else:
                for message in made:
                    self.write(message)


def run(
    source: str | None,
    handle: Callable[[bytes], Iterable[Message]],
    written: Callable[[Message], bytes] = encode,
) -> int:
    """A whole pipe command from a file or standard input to standard output; its exit status."""
    pipe = Pipe(written=written)
    with quiet_when_cut(), opened(source) as file:
        pipe.each(file, handle)
    return pipe.status


@contextlib.contextmanager
def quiet_when_cut() -> Iterator[None]:
    """End without a word when who reads us has gone (`… | head -1`), as other commands of a shell do."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain again when it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
