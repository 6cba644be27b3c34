"""Rules in force: changed within two seconds, and never replaced by something with mistakes."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from alerts.catalog import Catalog
from alerts.channels import parse_target
from alerts.query import Vocabulary
from alerts.rules import ChannelDefinition, Rule, match
from alerts.settings import Settings
from alerts.store import Store, migrate
from streams import metrics
from streams.errors import InfrastructureError, UsageError
from tests.factories import an_annotated

NOW = datetime(2023, 9, 5, 10, 0, tzinfo=UTC)
RULE = '[[rule]]\nname = "{}"\nquery = "{}"\n'
DESK = ChannelDefinition("desk", "email", parse_target("email", {"to": "desk@example.org"}))


class Flaky(Store):
    """A store whose database can go away."""

    away = False

    async def catalog_version(self) -> int:
        if self.away:
            raise InfrastructureError("the database does not answer")
        return await super().catalog_version()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Flaky]:
    settings = Settings(data_dir=tmp_path / "data")
    await asyncio.to_thread(migrate, settings)
    opened = Flaky.connect(settings)
    assert isinstance(opened, Flaky)
    yield opened
    await opened.aclose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(RULE.format("A", "alpha"))
    return path


def write(path: Path, text: str | None) -> None:
    """Another content at another time, as an editor leaves it; None takes the file away."""
    if text is None:
        path.unlink()
        return
    later = path.stat().st_mtime_ns + 10_000_000 if path.exists() else time.time_ns()
    path.write_text(text)
    os.utime(path, ns=(later, later))


def names(catalog: Catalog, text: str = "alpha beta gamma") -> list[str]:
    return [alert.rule.name for alert in match(an_annotated(text), catalog.rules, None)]


OIL_SPILL = """
type: oil_spill
roles:
  place: {fill: [country]}
triggers:
  en:
    spill: {noun: [oil spill]}
examples:
  hit: {en: [An oil spill off Norway]}
"""


async def test_rules_of_files_and_store_are_in_force_together(store: Flaky, file: Path) -> None:
    await store.add_definitions([Rule("B", "beta", notify=("desk",))], [DESK], NOW)
    catalog = Catalog((file,), store, Vocabulary())
    await catalog.start()
    assert names(catalog) == ["A", "B"]
    rule = catalog.rule(Rule("A", "").id)
    assert rule is not None
    assert rule.origin == str(file)
    assert catalog.rule("rule_unknown") is None
    assert catalog.channel("desk") == DESK
    assert catalog.channel("other") is None
    address = catalog.channel("mail:a@example.org")
    assert address is not None
    assert address.target.recipients() == ("a@example.org",)
    assert catalog.channel("mail:nobody") is None


async def test_a_file_may_name_a_channel_of_the_store(store: Flaky, file: Path) -> None:
    write(file, RULE.format("A", "alpha") + 'notify = ["desk"]\n')
    with pytest.raises(UsageError, match=r"rules\.toml:4:10: notify: there is no channel 'desk'"):
        await Catalog((file,), store, Vocabulary()).start()
    await store.add_definitions([], [DESK], NOW)
    await Catalog((file,), store, Vocabulary()).start()


async def test_the_first_start_is_refused_with_every_mistake(store: Flaky, file: Path, tmp_path: Path) -> None:
    write(file, RULE.format("A", "(") + RULE.format("B", "event:x1"))
    await store.add_definitions([Rule("C", "status:y1")], [], NOW)
    with pytest.raises(UsageError) as caught:
        await Catalog((file, tmp_path / "none.toml"), store, Vocabulary()).start()
    lines = str(caught.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        f"{tmp_path}/none.toml",
        f"{file}:3:11",
        f"{file}:6:16",
        "store",
    ]
    assert "store: rule 'C': query: line 1, column 8: there is no status “y1”" in lines[3]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda file: write(file, RULE.format("B", "beta")), ["B"]),
        (lambda file: write(file, RULE.format("A", "gamma")), ["A"]),
        (lambda file: write(file, ""), []),
        (lambda file: file.with_name("next").replace(file), ["C"]),
    ],
    ids=["another rule", "same length", "emptied", "replaced by another file"],
)
async def test_a_changed_file_takes_effect(
    store: Flaky, file: Path, change: Callable[[Path], None], expected: list[str]
) -> None:
    file.with_name("next").write_text(RULE.format("C", "gamma"))
    catalog = Catalog((file,), store, Vocabulary())
    await catalog.start()
    assert await catalog.refresh() is False
    change(file)
    assert await catalog.refresh() is True
    assert names(catalog) == expected
    assert await catalog.refresh() is False


async def test_a_change_of_the_store_takes_effect(store: Flaky) -> None:
    catalog = Catalog((), store, Vocabulary())
    await catalog.start()
    assert names(catalog) == []
    await store.add_definitions([Rule("B", "beta")], [DESK], NOW)
    assert await catalog.refresh() is True
    assert (names(catalog), catalog.channel("desk")) == (["B"], DESK)
    await store.remove_rule("B")
    await store.remove_channel("desk")
    assert await catalog.refresh() is True
    assert (names(catalog), catalog.channel("desk")) == ([], None)


@pytest.mark.parametrize("text", [RULE.format("A", "("), "[[rule", RULE.format("A", "a1") * 2, None])
async def test_the_last_good_rules_stay_in_force_while_a_file_has_mistakes(
    store: Flaky, file: Path, text: str | None
) -> None:
    catalog = Catalog((file,), store, Vocabulary())
    await catalog.start()
    write(file, text)
    with capture_logs() as logs:
        assert [await catalog.refresh() for _ in range(3)] == [False, False, False]
    assert names(catalog) == ["A"]
    [line] = logs
    assert (line["event"], line["problems"], line["in_force"]) == ("rules.rejected", 1, 1)
    assert str(file) in line["reason"]
    assert metrics.REGISTRY.get_sample_value("tocsin_rules_rejected") == 1
    write(file, RULE.format("B", "beta"))
    assert await catalog.refresh() is True
    assert names(catalog) == ["B"]
    assert metrics.REGISTRY.get_sample_value("tocsin_rules_rejected") == 0


async def test_rules_may_use_the_words_that_an_operator_defines_while_it_runs(
    store: Flaky, file: Path, tmp_path: Path
) -> None:
    definitions = tmp_path / "definitions"
    definitions.mkdir()
    write(file, RULE.format("A", "alpha"))
    catalog = Catalog((file,), store, Vocabulary(), definitions)
    await catalog.start()
    write(file, RULE.format("B", "event:oil_spill OR beta"))
    assert await catalog.refresh() is False, "nobody knows that type yet"
    assert names(catalog) == ["A"]
    (definitions / "event_types").mkdir()
    write(definitions / "event_types" / "oil_spill.yaml", OIL_SPILL)
    assert await catalog.refresh() is True
    assert names(catalog) == ["B"]


async def test_two_rules_of_one_name_in_file_and_store_are_a_mistake(store: Flaky, file: Path) -> None:
    catalog = Catalog((file,), store, Vocabulary())
    await catalog.start()
    await store.add_definitions([Rule("A", "beta")], [], NOW)
    with capture_logs() as logs:
        assert await catalog.refresh() is False
    assert f"store: rule 'A': is in {file} too" in logs[0]["reason"]
    assert names(catalog, "alpha") == ["A"]


async def test_a_database_that_is_away_changes_nothing(store: Flaky, file: Path) -> None:
    catalog = Catalog((file,), store, Vocabulary())
    await catalog.start()
    store.away = True
    write(file, RULE.format("B", "beta"))
    with capture_logs() as logs:
        assert [await catalog.refresh() for _ in range(3)] == [False, False, False]
    assert [line["event"] for line in logs] == ["rules.unread"]
    assert names(catalog) == ["A"]
    store.away = False
    assert await catalog.refresh() is True
    assert names(catalog) == ["B"]


async def test_changes_are_seen_within_two_seconds_while_it_keeps_fresh(store: Flaky, file: Path) -> None:
    catalog = Catalog((file,), store, Vocabulary())
    await catalog.start()
    stopping = asyncio.Event()
    keeping = asyncio.create_task(catalog.keep_fresh(stopping))
    write(file, RULE.format("B", "beta"))
    deadline = time.monotonic() + 30
    while names(catalog) != ["B"] and time.monotonic() < deadline:  # noqa: ASYNC110 -- a file changes without an event
        await asyncio.sleep(0.05)
    assert names(catalog) == ["B"]
    stopping.set()
    await asyncio.wait_for(keeping, 30)
