"""Latency, memory and start of everything on one machine, as `tocsin up` runs it."""

import asyncio
import json
import random
import statistics
import tempfile
import time
from pathlib import Path

from tests.faults.newsroom import Newsroom
from tests.faults.sink import SECRET, Sink
from tests.faults.system import PROCESSES, System, until

PER_SECOND = 20
SECONDS = 60

RULES = """
[[rule]]
name = "Leaders meet"
query = "event:leader_meeting country:KP"
notify = ["sink"]

[[channel]]
name = "sink"
type = "webhook"
url = "{url}"
secret = "{secret}"
"""


async def measure() -> None:
    """Print p50 and p99 of fetched → alert stored at a steady load, and the memory of each process under it."""
    newsroom, sink = Newsroom(), Sink()
    await newsroom.start()
    await sink.start()
    with tempfile.TemporaryDirectory() as folder:
        system = System(Path(folder))
        system.configure(newsroom.urls(), RULES.format(url=sink.url, secret=SECRET))
        began = time.monotonic()
        await system.start()
        try:
            await until(lambda: newsroom.requests > 0, 180, "the first fetch")
            print(f"  start to first fetch, Kafka's data folder new: {time.monotonic() - began:.1f} s")
            await until(lambda: b"everything is ready" in system.log.read_bytes(), 180, "every process is ready")
            await _load(newsroom)
            expected = sum(item.alerts for item in newsroom.all_items())
            await until(lambda: len(sink.receipts) == expected, 60, "every alert came")
            _print_latency(sink, expected)
            _print_memory(system)
        finally:
            await system.stop()
            await sink.stop()
            await newsroom.stop()


async def measure_start() -> None:
    """Print how long `tocsin up --samples` takes to its first alert, on a new data folder and on one that was used."""
    with tempfile.TemporaryDirectory() as folder:
        system = System(Path(folder))
        system.configure([], "")
        for what in ("new data folder", "used data folder"):
            system.log.write_bytes(b"")
            began = time.monotonic()
            await system.start("--samples")
            try:
                await until(
                    lambda: b"webhook  verified" in system.log.read_bytes(), 180, "the first webhook of the samples"
                )
                print(f"  start to first alert delivered, {what}: {time.monotonic() - began:.1f} s")
            finally:
                began = time.monotonic()
                await system.stop()
            print(f"  stop: {time.monotonic() - began:.1f} s")


async def _load(newsroom: Newsroom) -> None:
    randomness = random.Random(1)
    began = time.monotonic()
    for number in range(PER_SECOND * SECONDS):
        newsroom.publish(number, randomness)
        await asyncio.sleep(max(0.0, began + (number + 1) / PER_SECOND - time.monotonic()))


def _print_latency(sink: Sink, expected: int) -> None:
    latencies = sorted(
        json.loads(bodies[0])["data"]["latency"]["fetched_to_alert"] for bodies in sink.receipts.values()
    )
    p50, p99 = statistics.median(latencies), latencies[int(len(latencies) * 0.99)]
    print(
        f"  {PER_SECOND} articles/s for {SECONDS} s, {expected} alerts, fetched → alert: p50 {p50:.3f} s, p99 {p99:.3f} s"
    )


def _print_memory(system: System) -> None:
    total = 0.0
    pids = {name: system.pids(name) for name in PROCESSES}
    pids["kafka"] = [system.broker_pid()]
    pids["up"] = [system.process.pid] if system.process else []
    for name, found in pids.items():
        used = sum(_megabytes(pid) for pid in (*found, *(c for pid in found for c in _children(pid, name))))
        total += used
        print(f"  memory {name:8} {used:6.0f} MB")
    print(f"  memory together {total:5.0f} MB")


def _children(pid: int, name: str) -> list[int]:
    """Helper processes of a process (a parser, say); those of `up` are counted by their own names."""
    if name == "up":
        return []
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def _megabytes(pid: int) -> float:
    """Proportional memory (PSS), so that pages shared between processes count once."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))
