"""Settings: defaults < file < environment < options, and every mistake named with its place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from streams.errors import UsageError
from streams.settings import Settings, load, origins, parse_value, put


def read(file: Path | None = None, environment: Mapping[str, str] | None = None, **options: Any) -> Settings:
    return load(Settings, file=file, environment=environment or {}, options=options)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "tocsin.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_nothing_needs_to_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert read() == Settings()
    assert read().data_dir == Path("data")


def test_each_source_wins_over_the_one_before(tmp_path: Path):
    file = written(tmp_path, '[kafka]\nheap_mb = 200\ntopic_prefix = "file-"\njava = "file"\n')
    environment = {"TOCSIN_KAFKA__HEAP_MB": "300", "TOCSIN_KAFKA__TOPIC_PREFIX": "environment-", "OTHER": "x"}
    settings = read(file, environment, kafka={"heap_mb": 400})
    assert settings.kafka.heap_mb == 400
    assert settings.kafka.topic_prefix == "environment-"
    assert settings.kafka.java == "file"
    assert settings.kafka.replication_factor == 1
    where = origins(Settings, file=file, environment=environment, options={"kafka": {"heap_mb": 400}})
    assert where("kafka.heap_mb") == "option"
    assert where("kafka.topic_prefix") == "TOCSIN_KAFKA__TOPIC_PREFIX"
    assert where("kafka.java") == str(file)
    assert where("kafka.replication_factor") == "default"


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path):
    (tmp_path / "etc").mkdir()
    file = written(tmp_path / "etc", 'data_dir = "../state"\n[detect]\ndefinitions = "own"\n')
    settings = read(file)
    assert settings.data_dir == tmp_path / "etc" / ".." / "state"
    assert settings.detect.definitions == tmp_path / "etc" / "own"
    assert read(file, {"TOCSIN_DATA_DIR": "elsewhere"}).data_dir == Path("elsewhere")


def test_a_secret_can_lie_in_a_file(tmp_path: Path):
    (tmp_path / "secret").write_text("postgresql://user:word@host/db\n")
    settings = read(environment={"TOCSIN_DATABASE__URL_FILE": str(tmp_path / "secret")})
    assert settings.database.url.get_secret_value() == "postgresql://user:word@host/db"
    assert "word" not in repr(settings)


def test_lists_in_the_environment_are_written_as_in_the_file():
    settings = read(environment={"TOCSIN_OUTBOUND__ALLOW": '["127.0.0.0/8", "::1"]'})
    assert [str(network) for network in settings.outbound.allow] == ["127.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[kafka]\nbootstrap = 'x'\n", "kafka.bootstrap is no setting that tocsin knows"),
        ("[kafak]\n", "kafak is no setting that tocsin knows"),
        ("[kafka]\nheap_mb = 'much'\n", "kafka.heap_mb: input should be a valid integer"),
        ("[kafka]\nheap_mb = 1\n", "kafka.heap_mb: input should be greater than or equal to 192"),
        ("[kafka]\ntopic_prefix = 'A B'\n", "kafka.topic_prefix: string should match pattern"),
        ("[log]\nlevel = 'loud'\n", "log.level: input should be 'debug', 'info', 'warning' or 'error'"),
        ("[outbound]\nallow = ['x']\n", "outbound.allow.0: x is no network; write one like 127.0.0.0/8"),
        ("[health.ports]\ndetect = 70000\n", "health.ports.detect: input should be less than or equal to 65535"),
        ("kafka = 7\n", "kafka is a section; set one of its keys"),
        ("[kafka\n", "is not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_names_file_and_key(tmp_path: Path, text: str, message: str):
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        read(written(tmp_path, "[kafka]\nheap_mb = 1\nx = 2\n"), {"TOCSIN_LOG__LEVEL": "loud"})
    for part in ("kafka.heap_mb", "kafka.x", "TOCSIN_LOG__LEVEL: log.level"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"TOCSIN_KAFKA__HEAP": "1"}, "TOCSIN_KAFKA__HEAP: kafka.heap is no setting that tocsin knows"),
        ({"TOCSIN_DATABASE__URL_FILE": "/no/such"}, "TOCSIN_DATABASE__URL_FILE: the file /no/such cannot be read"),
        ({"TOCSIN_KAFKA": "x", "TOCSIN_KAFKA__JAVA": "y"}, "kafka is given both as a value and as a section"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(environment: dict[str, str], message: str):
    with pytest.raises(UsageError) as caught:
        read(environment=environment)
    assert message in str(caught.value)


def test_a_file_that_was_named_must_be_there(tmp_path: Path):
    with pytest.raises(UsageError, match=r"absent\.toml: cannot be read .*--config"):
        read(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", "7"),
        ("", ""),
        ('["a"]', ["a"]),
        ('{a = "b"}', {"a": "b"}),
        ("[broken", "[broken"),
        ("[section]x", "[section]x"),
    ],
)
def test_values_of_variables_and_options(text: str, value: object):
    assert parse_value(text) == value


def test_a_value_is_put_where_its_keys_say():
    values: dict[str, Any] = {}
    put(values, ["web", "port"], 1, "--set")
    put(values, ["web", "host"], "h", "--set")
    assert values == {"web": {"port": 1, "host": "h"}}
    with pytest.raises(UsageError, match="--set x: port is given both"):
        put(values, ["web", "port", "deep"], 1, "--set x")
