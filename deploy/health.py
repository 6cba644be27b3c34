"""Ask the running processes of this machine how they are: their run files, /readyz and /metrics."""

import contextlib
import http.client
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.service import run_folder
from streams.settings import Settings

PROCESSES = ("ingest", "detect", "match", "deliver", "web")
"""In the order of the data's way, which is also the order of stopping."""

ANSWER_SECONDS = 3.0
LARGEST_ANSWER = 4_000_000


@dataclass(frozen=True, slots=True)
class Running:
    """A process that runs on this machine, as its run file says it."""

    name: str
    pid: int
    port: int
    started: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a process is ready, and in words why it is not."""

    ready: bool
    reason: str


def find_running(settings: Settings) -> list[Running]:
    """The processes of this data folder that are alive; run files that a killed process left do not count."""
    found = []
    for path in sorted(run_folder(settings).glob("*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            entry = json.loads(path.read_text(encoding="utf-8"))
            process = Running(str(entry["name"]), int(entry["pid"]), int(entry["port"]), float(entry["started"]))
            if is_alive(process.pid):
                found.append(process)
    return found


def is_alive(pid: int) -> bool:
    """Whether a process exists and has not ended already without its parent having noticed."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return not Path("/proc/self").exists()


def ask(host: str, port: int, path: str) -> tuple[int, str] | None:
    """Status and body of a GET, or None when nothing answers in time."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- who listens everywhere is asked here
    connection = http.client.HTTPConnection(here, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(LARGEST_ANSWER).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def readiness(settings: Settings, process: Running) -> Readiness:
    """What a process answers to /readyz."""
    answer = ask(settings.health.host, process.port, "/readyz")
    if answer is None:
        return Readiness(False, f"does not answer on port {process.port}")
    status, body = answer
    return Readiness(status == 200, "; ".join(body.split("\n")))


def metrics_of(settings: Settings, process: Running) -> str:
    """The metrics of a process as text; "" when it does not answer."""
    answer = ask(settings.health.host, process.port, "/metrics")
    return answer[1] if answer is not None and answer[0] == 200 else ""


def read_total(metrics: str, name: str) -> float:
    """The sum of a metric over all its labels; 0 where it does not appear."""
    return sum(value for _, value in _samples(metrics, name))


def read_buckets(metrics: str, name: str) -> dict[float, float]:
    """The buckets of a histogram: upper bound → count up to it, summed over all other labels."""
    buckets: dict[float, float] = {}
    for labels, value in _samples(metrics, f"{name}_bucket"):
        bound = float(labels["le"])
        buckets[bound] = buckets.get(bound, 0.0) + value
    return buckets


def _samples(metrics: str, name: str) -> Iterable[tuple[Mapping[str, str], float]]:
    from prometheus_client.parser import text_string_to_metric_families

    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name == name:
                yield sample.labels, sample.value


def quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """The value below which `share` of the observations lie, by linear interpolation within its bucket.

    None without observations; the highest finite bound where it lies beyond that.
    """
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0.0
    if not total:
        return None
    rank, below, counted = share * total, 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= rank:
            if bound == float("inf"):
                return below
            inside = buckets[bound] - counted
            return below + (bound - below) * ((rank - counted) / inside if inside else 1.0)
        below, counted = bound, buckets[bound]
    return below


def check() -> int:
    """Exit status for a container: 0 when there is a process in this data folder and all of them are ready."""
    from deploy.settings import Settings as AllSettings
    from streams.settings import CONFIG_VARIABLE, load

    config = os.environ.get(CONFIG_VARIABLE)
    settings = load(AllSettings, file=Path(config) if config else None)
    answers = [readiness(settings, process) for process in find_running(settings)]
    for answer in answers:
        print(answer.reason)
    return 0 if answers and all(answer.ready for answer in answers) else 1


if __name__ == "__main__":
    sys.exit(check())
