"""compose.yaml, Dockerfile and the examples, as far as they can be judged without an engine."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from defusedxml.ElementTree import parse

from deploy.cli import build
from deploy.health import PROCESSES
from deploy.settings import Settings
from streams.settings import load

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "tocsin"}
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def environment(service: dict[str, dict[str, str]]) -> dict[str, str]:
    return {
        name: re.sub(r"\$\{\w+:\?[^}]*\}", "secret", value)
        for name, value in service["environment"].items()
        if name != "TOCSIN_CONFIG"
    }


def test_there_is_a_service_for_every_process_and_one_that_creates_the_topics() -> None:
    assert set(OURS) == {*PROCESSES, "topics"}
    assert {name: OURS[name]["command"] for name in PROCESSES} == {name: ["serve", name] for name in PROCESSES}


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_command_of_a_service_exists(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert build()([*OURS[name]["command"], "--help"], prog_name="tocsin", standalone_mode=False) in (0, None)
    assert "Usage: tocsin" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_settings_of_a_service_are_ones_that_tocsin_knows(name: str) -> None:
    settings = load(Settings, file=DEPLOY / "examples" / "tocsin.toml", environment=environment(OURS[name]))
    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.database.url.get_secret_value() == "postgresql://tocsin:secret@postgres:5432/tocsin"
    assert settings.web.port == 8080
    assert [file.name for file in settings.rules.files] == ["rules.toml"]


def test_processes_wait_for_topics_and_database() -> None:
    for name in PROCESSES:
        assert set(OURS[name]["depends_on"]) == {"topics", "postgres"}
    assert OURS["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    for service in COMPOSE["services"].values():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])


def test_the_only_open_port_is_the_page_on_loopback() -> None:
    opened = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert opened == ["127.0.0.1:8080:8080"]


def test_named_volumes_are_declared() -> None:
    used = {
        volume.partition(":")[0] for service in COMPOSE["services"].values() for volume in service.get("volumes", [])
    }
    assert {name for name in used if not name.startswith(".")} == set(COMPOSE["volumes"])
    assert all((DEPLOY / name).exists() for name in used if name.startswith("."))


def test_the_examples_can_be_read() -> None:
    settings = load(Settings, file=DEPLOY / "examples" / "tocsin.toml", environment={})
    assert all(file.exists() for file in (*settings.ingest.feeds, *settings.rules.files))
    urls = [outline.get("xmlUrl") for outline in parse(DEPLOY / "examples" / "feeds.opml").iter("outline")]
    assert len(urls) == len(set(urls)) == 9
    assert all(url.startswith("https://") for url in urls)


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    check = re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert check is not None
    assert json.loads(check.group(1)) == ["python", "-m", "deploy.health"]
    assert 'ENTRYPOINT ["tocsin"]' in DOCKERFILE


def test_everything_that_the_image_copies_exists_and_is_let_in() -> None:
    root = DEPLOY.parent
    let_in = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for name in shlex.split(line)[:-1]
    }
    assert copied == let_in
    assert all((root / name).exists() for name in copied)
