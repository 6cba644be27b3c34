"""`tocsin status`: its shape, what it says of a running system, and that it works when parts are down."""

import asyncio
import json
import os
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import alerts.store
import ingest.store
from deploy import status
from deploy.cli import run
from deploy.settings import Settings
from deploy.status import Deliveries, Feeds, KafkaStatus, Percentiles, Status, Topic
from ingest.feeds import Feed
from streams import messages

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
KEYS = {"processes", "kafka", "feeds", "topics", "alerts", "deliveries", "latency", "problems"}


def alert(number: int) -> messages.Alert:
    return messages.Alert(
        id=f"al_{number}",
        rule=messages.RuleReference(id="rule_1", name="Leaders meet"),
        article=messages.ArticleReference(id=f"ar_{number}"),
    )


async def fill(settings: Settings) -> None:
    feeds = ingest.store.Store.connect(settings)
    await feeds.add([Feed(url="https://example.org/a"), Feed(url="https://example.org/b")], NOW)
    await feeds.aclose()
    store = alerts.store.Store.connect(settings)
    for number, stored in enumerate((NOW, NOW, NOW - timedelta(days=1))):
        await store.put_alert(alert(number), ("desk", "mail:desk@example.org"), stored)
    await store.enqueue("al_0", ("desk", "mail:desk@example.org"), NOW)
    await store.aclose()


def test_with_nothing_there_all_keys_are_there_and_the_exit_status_is_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["status", "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert set(shown) == KEYS
    assert shown["processes"] == dict.fromkeys(("ingest", "detect", "match", "deliver", "web"), "not running")
    assert shown["kafka"]["reachable"] is False
    assert "tocsin up" in shown["kafka"]["reason"]
    assert shown["feeds"] == {"total": 0, "failing": 0}
    assert shown["alerts"] == {"today": 0}
    assert shown["deliveries"] == {"pending": 0, "failed": 0}
    assert shown["latency"]["fetched_to_alert"] == {"p50": None, "p99": None}
    assert not (tmp_path / "data").exists()


@pytest.mark.kafka
def test_stores_and_topics_are_counted(kafka_settings: Settings) -> None:
    ingest.store.migrate(kafka_settings)
    alerts.store.migrate(kafka_settings)
    asyncio.run(fill(kafka_settings))
    found = status.read(kafka_settings, NOW + timedelta(hours=1))
    assert found.kafka == KafkaStatus(kafka_settings.kafka.bootstrap_servers, True)
    assert found.feeds == Feeds(2, 0)
    assert found.alerts == status.Alerts(2)
    assert found.deliveries == Deliveries(2, 0)
    assert set(found.topics) == {"articles", "annotated", "alerts", "feed-status", "feed-requests", "dead-letters"}
    assert found.topics["articles"] == Topic(0, 0, {}, None)
    assert found.problems == ()
    assert not found.healthy


def test_a_store_that_cannot_be_asked_is_said_and_hides_nothing_else(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    ingest.store.migrate(settings)
    sqlite3.connect(tmp_path / "alerts.sqlite").close()
    (tmp_path / "alerts.sqlite").write_bytes(b"this is no database, but longer than a header of one " * 40)
    found = status.read(settings, NOW)
    assert found.feeds == Feeds(0, 0)
    assert found.alerts == status.Alerts(None)
    assert found.deliveries == Deliveries(None, None)
    assert len(found.problems) == 1


def test_a_broker_that_does_not_answer_is_said(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "kafka": {"bootstrap_servers": "127.0.0.1:1"}})
    found = status.read(settings, NOW)
    assert found.kafka.servers == "127.0.0.1:1"
    assert not found.kafka.reachable
    assert found.kafka.reason


def test_a_process_that_lives_but_does_not_answer_is_not_called_running(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    entry = {"name": "match", "pid": os.getpid(), "port": 1, "started": 1.0}
    (tmp_path / "run" / "match.json").write_text(json.dumps(entry))
    assert status.read(Settings(data_dir=tmp_path), NOW).processes["match"] == "not ready: does not answer on port 1"


RUNNING = Status(
    processes=dict.fromkeys(("ingest", "detect", "match", "deliver", "web"), "running"),
    kafka=KafkaStatus("127.0.0.1:9092", True),
    feeds=Feeds(9, 1),
    topics={"articles": Topic(12345, 7, {"detect": 7}, "2026-05-04T10:00:00+00:00")},
    alerts=status.Alerts(None),
    deliveries=Deliveries(3, 0),
    latency={"fetched_to_alert": Percentiles(0.21, 1.9), "published_to_fetched": Percentiles()},
    problems=("the database does not answer",),
)


def test_it_is_healthy_when_everything_runs_and_kafka_answers() -> None:
    assert RUNNING.healthy
    assert json.loads(json.dumps(asdict(RUNNING))).keys() == KEYS


@pytest.mark.parametrize(
    "line",
    [
        "  ingest   running",
        "kafka      answers at 127.0.0.1:9092",
        "feeds      9, 1 failing",
        "alerts     unknown today (UTC)",
        "deliveries 3 waiting, 0 failed",
        "  articles        12,345         7",
        "  fetched to alert         0.210 s   1.900 s",
        "  published to fetched           –         –",
        "problem    the database does not answer",
    ],
)
def test_for_a_person_it_is_plain_lines(line: str) -> None:
    assert line in status.render(RUNNING).splitlines()
