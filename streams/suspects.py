"""Remembers which record was in hand when a process died, so that one that kills every time ends as a dead letter.

A text that makes the process run out of memory, crash, or hang until the watchdog ends it, raises no exception: without
a memory beyond the process it would come again for ever. The memory is a few bytes per partition in a file, which
outlive the process though not the machine; no more is needed.
"""

import contextlib
import os
import struct
from pathlib import Path

import structlog

STATE = struct.Struct("<qqq")
"""The offset in hand, the offset that is suspected, and how often the process died on that; -1 is none."""

NONE = -1

log = structlog.get_logger()


class Suspects:
    """The records in hand of one consumer group on this machine; each partition has one process at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[tuple[str, int], int] = {}

    def take(self, topic: str, partition: int, offset: int) -> int:
        """Note that a record is taken in hand; how often the process has died on it before."""
        try:
            held, suspect, deaths = self._read(topic, partition)
            if held != NONE:  # who held it did not come to release it
                suspect, deaths = held, deaths + 1 if held == suspect else 1
            if offset > suspect:
                suspect, deaths = NONE, 0
            self._write(topic, partition, offset, suspect, deaths)
        except OSError as error:
            # without it one protection is missing; the work itself must go on
            log.warning("suspects.unwritable", folder=str(self._folder), reason=str(error))
            return 0
        return deaths if offset == suspect else 0

    def release(self, topic: str, partition: int) -> None:
        """Note that the record is done with, well or not: whatever ends the process now is not its doing."""
        with contextlib.suppress(OSError):
            _, suspect, deaths = self._read(topic, partition)
            self._write(topic, partition, NONE, suspect, deaths)

    def close(self) -> None:
        """Close the files; what they say stays."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def _read(self, topic: str, partition: int) -> tuple[int, int, int]:
        data = os.pread(self._file(topic, partition), STATE.size, 0)
        if len(data) < STATE.size:
            return NONE, NONE, 0
        held, suspect, deaths = STATE.unpack(data)
        return held, suspect, deaths

    def _write(self, topic: str, partition: int, held: int, suspect: int, deaths: int) -> None:
        os.pwrite(self._file(topic, partition), STATE.pack(held, suspect, deaths), 0)

    def _file(self, topic: str, partition: int) -> int:
        key = (topic, partition)
        if key not in self._files:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{topic}-{partition}.hand"
            self._files[key] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        return self._files[key]
