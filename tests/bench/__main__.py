"""Measure what the README states: `make bench`, or `make bench ARGS="pipe live"` for a part."""

import argparse
import asyncio
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import detect, live, pipe

PARTS: dict[str, Callable[[], None]] = {
    "detect": detect.measure,
    "pipe": pipe.measure,
    "live": lambda: asyncio.run(live.measure()),
    "start": lambda: asyncio.run(live.measure_start()),
}


def machine() -> str:
    """The machine in words: processor, cores, memory, Python."""
    described = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next((line.partition(":")[2].strip() for line in described.splitlines() if "model name" in line), "unknown")
    cores = described.count("processor\t:")
    memory = Path("/proc/meminfo").read_text().split()[1] if Path("/proc/meminfo").exists() else "0"
    return f"{model}, {cores} cores, {int(memory) / 2**20:.0f} GiB; Python {platform.python_version()}"


def main() -> None:
    """Run the named parts, or all of them, and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], help="what to measure; all of it when nothing is named"
    )
    wanted = parser.parse_args().parts or list(PARTS)
    print(f"machine: {machine()}", flush=True)
    for name in wanted:
        print(f"\n{name}", flush=True)
        PARTS[name]()


if __name__ == "__main__":
    sys.exit(main())
