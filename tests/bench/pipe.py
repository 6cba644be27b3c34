"""How many articles a second go through `tocsin parse | tocsin detect | tocsin match`."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from xml.sax.saxutils import escape

from tests.bench.texts import STREAM

TEXTS = int(os.environ.get("BENCH_COUNT", "20000"))
FEED_SIZE = 500

RULES = """
[[rule]]
name = "Leaders meet"
query = "event:leader_meeting"

[[rule]]
name = "Arms change hands"
query = "event:arms_transfer NOT status:denied"

[[rule]]
name = "A word"
query = "Waffenlieferung OR ammunition OR снаряды"
"""


def measure() -> None:
    """Print articles a second: by the clock with a process a stage, and by the processor's time on one core."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        feeds = list(_write_feeds(folder))
        (folder / "rules.toml").write_text(RULES)
        count = TEXTS if STREAM.exists() else 5000
        _print("parse | detect | match", count, *_timed(folder, feeds, ("parse", "detect", "match")))
        (folder / "articles.jsonl").write_bytes(_run(folder, feeds, ("parse",)))
        _print("detect alone", count, *_timed(folder, [folder / "articles.jsonl"], ("detect",)))


def _write_feeds(folder: Path) -> Iterator[Path]:
    texts = _texts()
    for number in range(10**6):
        batch = list(islice(texts, FEED_SIZE))
        if not batch:
            return
        items = "".join(
            f"<item><guid>{number}-{i}</guid><title>{escape(title)}</title><description>{escape(text)}</description></item>"
            for i, (title, text) in enumerate(batch)
        )
        path = folder / f"feed-{number}.xml"
        path.write_text(f"<rss version='2.0'><channel><title>Bench</title>{items}</channel></rss>", encoding="utf-8")
        yield path


def _texts() -> Iterator[tuple[str, str]]:
    """News texts: a given file of JSON lines, else sentences of our own, each different."""
    if not STREAM.exists():
        print(f"  no {STREAM.name} here: 5,000 made texts instead (BENCH_TEXTS names a file of articles)")
        for number in range(5000):
            yield f"Stadtrat berät über Radweg {number}", f"Am {number % 28 + 1}. Mai reiste Kim Jong-un zu Putin. " * 4
        return
    with STREAM.open(encoding="utf-8") as lines:
        for line in islice(lines, TEXTS):
            article = json.loads(line)
            text = "".join(c for c in article["text"] if c >= " ")
            yield text[:80], text


def _timed(folder: Path, inputs: list[Path], stages: tuple[str, ...]) -> tuple[float, float, int]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    lines = _run(folder, inputs, stages).count(b"\n")
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, lines


def _run(folder: Path, inputs: list[Path], stages: tuple[str, ...]) -> bytes:
    """The output of the last stage; each stage is a process of its own, as at a shell."""
    processes: list[subprocess.Popen[bytes]] = []
    for stage in stages:
        command = [sys.executable, "-m", "deploy.cli", stage]
        command += ["--rules", str(folder / "rules.toml")] if stage == "match" else []
        command += [str(path) for path in inputs] if stage == stages[0] else []
        source = processes[-1].stdout if processes else subprocess.DEVNULL
        processes.append(subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE))
    out, _ = processes[-1].communicate(timeout=900)
    for process in processes[:-1]:
        assert process.stdout is not None
        process.stdout.close()
        process.wait(timeout=60)
    failed = [process.args for process in processes if process.returncode]
    if failed:
        raise SystemExit(f"failed: {failed[0]}")
    return out


def _print(what: str, count: int, wall: float, cpu: float, lines: int) -> None:
    print(
        f"  {what:24} {count:6} articles, {lines:6} lines out: {count / wall:7.0f} articles/s by the clock, "
        f"{count / cpu:7.0f} articles/s a core (start-up included)",
        flush=True,
    )
