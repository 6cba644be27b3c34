"""Asking processes how they are: run files, the health port, and what the metrics say."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy import health
from deploy.settings import Settings

METRICS = """\
# HELP tocsin_alerts_total Alerts.
# TYPE tocsin_alerts_total counter
tocsin_alerts_total{severity="high"} 3.0
tocsin_alerts_total{severity="low"} 4.0
# HELP tocsin_fetched_to_alert_seconds Time.
# TYPE tocsin_fetched_to_alert_seconds histogram
tocsin_fetched_to_alert_seconds_bucket{le="0.1"} 50.0
tocsin_fetched_to_alert_seconds_bucket{le="0.5"} 90.0
tocsin_fetched_to_alert_seconds_bucket{le="1.0"} 100.0
tocsin_fetched_to_alert_seconds_bucket{le="+Inf"} 100.0
tocsin_fetched_to_alert_seconds_count 100.0
tocsin_fetched_to_alert_seconds_sum 20.0
"""


ANSWERS = {"/readyz": (503, "broker: is gone\nstore: is locked"), "/metrics": (200, METRICS)}


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = ANSWERS.get(self.path, (404, ""))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[Settings, health.Running]]:
    server = HTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield Settings(data_dir=tmp_path), health.Running("match", os.getpid(), server.server_address[1], 1.0)
    server.shutdown()
    server.server_close()


def write_run_file(data_dir: Path, name: str, pid: int) -> None:
    folder = data_dir / "run"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}-{pid}.json").write_text(json.dumps({"name": name, "pid": pid, "port": 9, "started": 1.5}))


def test_only_processes_that_live_are_found(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    write_run_file(tmp_path, "ingest", os.getpid())
    write_run_file(tmp_path, "detect", ended.pid)
    (tmp_path / "run" / "match-1.json").write_text("{half")
    assert health.find_running(Settings(data_dir=tmp_path)) == [health.Running("ingest", os.getpid(), 9, 1.5)]


def test_a_process_that_ended_unnoticed_is_not_alive() -> None:
    zombie = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert zombie.stdout is not None
    zombie.stdout.read()  # returns at its end
    deadline = 100
    while health.is_alive(zombie.pid) and deadline:
        deadline -= 1
        threading.Event().wait(0.05)
    assert not health.is_alive(zombie.pid)
    zombie.wait()


def test_why_a_process_is_not_ready_is_one_line(process: tuple[Settings, health.Running]) -> None:
    assert health.readiness(*process) == health.Readiness(False, "broker: is gone; store: is locked")


def test_a_process_that_does_not_answer_is_not_ready(tmp_path: Path) -> None:
    silent = health.Running("web", os.getpid(), 1, 1.0)
    assert health.readiness(Settings(data_dir=tmp_path), silent) == health.Readiness(False, "does not answer on port 1")


def test_metrics_are_summed_over_labels(process: tuple[Settings, health.Running]) -> None:
    text = health.metrics_of(*process)
    assert health.read_total(text, "tocsin_alerts_total") == 7
    assert health.read_total(text, "tocsin_unknown_total") == 0
    assert health.read_buckets(text, "tocsin_fetched_to_alert_seconds") == {
        0.1: 50,
        0.5: 90,
        1.0: 100,
        float("inf"): 100,
    }


@pytest.mark.parametrize(
    ("buckets", "share", "expected"),
    [
        ({}, 0.5, None),
        ({1.0: 0, float("inf"): 0}, 0.5, None),
        ({0.1: 50, 0.5: 90, 1.0: 100, float("inf"): 100}, 0.5, 0.1),
        ({0.1: 50, 0.5: 90, 1.0: 100, float("inf"): 100}, 0.7, 0.3),
        ({0.1: 50, 0.5: 90, 1.0: 100, float("inf"): 100}, 0.99, 0.95),
        ({0.1: 0, 0.5: 10, float("inf"): 20}, 0.99, 0.5),
    ],
)
def test_quantiles_come_from_the_buckets(buckets: dict[float, float], share: float, expected: float | None) -> None:
    found = health.quantile(buckets, share)
    assert found == (None if expected is None else pytest.approx(expected))
