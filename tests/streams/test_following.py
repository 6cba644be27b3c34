"""An operator's definitions: all mistakes at once, and a change is in force without a restart, a wrong one never."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from streams import following, metrics
from streams.definitions import load_definitions, stamp
from streams.errors import DefinitionError, UsageError
from streams.following import Following
from streams.messages import Annotated, Article


class Named:
    """A detector that answers with the text of a file: what it was built from."""

    def __init__(self, file: Path) -> None:
        self._language = file.read_text()
        if self._language == "bad":
            raise DefinitionError.at(file, 1, "is wrong")

    def detect(self, article: Article) -> Annotated:
        return Annotated(id=article.id, language=self._language)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.tsv"
    path.write_text("de")
    return path


def write(file: Path, text: str) -> None:
    file.write_text(text)


def language(detector: Following) -> str | None:
    return detector.detect(Article(id="a")).language


async def test_a_change_is_in_force_and_a_look_without_change_builds_nothing(file: Path):
    built: list[Named] = []

    def build() -> Named:
        built.append(Named(file))
        return built[-1]

    detector = Following(build, file.parent)
    assert not await detector.refresh()
    write(file, "fr")
    assert await detector.refresh()
    assert (language(detector), len(built)) == ("fr", 2)


async def test_mistakes_leave_the_last_good_one_in_force_until_they_are_mended(file: Path):
    detector = Following(lambda: Named(file), file.parent)
    write(file, "bad")
    assert not await detector.refresh()
    assert language(detector) == "de"
    assert metrics.REGISTRY.get_sample_value("tocsin_definitions_rejected") == 1
    assert not await detector.refresh(), "the same mistakes are told once"
    write(file, "es")
    assert await detector.refresh()
    assert language(detector) == "es"
    assert metrics.REGISTRY.get_sample_value("tocsin_definitions_rejected") == 0


def test_no_process_starts_on_wrong_definitions(file: Path):
    file.write_text("bad")
    with pytest.raises(DefinitionError, match="is wrong"):
        Following(lambda: Named(file), file.parent)


@pytest.mark.parametrize("folder", [lambda path: path.parent, lambda _: None], ids=["folder", "no folder"])
async def test_it_looks_until_the_process_stops(
    file: Path, folder: Callable[[Path], Path | None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(following, "LOOK_EVERY", 0.01)
    detector, stopping = Following(lambda: Named(file), folder(file)), asyncio.Event()
    task = asyncio.create_task(detector.keep_fresh(stopping))
    write(file, "ko")
    await asyncio.sleep(0.3)
    stopping.set()
    await asyncio.wait_for(task, 5)
    assert language(detector) == ("ko" if folder(file) else "de")


def test_files_that_come_go_or_change_are_seen(tmp_path: Path):
    seen = [stamp(tmp_path)]
    (tmp_path / "event_types").mkdir()
    (tmp_path / "event_types" / "strike.yaml").write_text("type: strike")
    seen.append(stamp(tmp_path))
    (tmp_path / "event_types" / "strike.yaml").write_text("type: other")
    seen.append(stamp(tmp_path))
    (tmp_path / "event_types" / "strike.yaml").unlink()
    seen.append(stamp(tmp_path))
    assert len({*seen[:3]}) == 3
    assert seen[3] == seen[0]
    assert stamp(tmp_path / "nowhere") == ()


def test_the_mistakes_of_all_files_come_at_once(tmp_path: Path):
    for folder, name, text in (
        ("knowledge", "people.tsv", "Q1\tSomebody\tXX king 2000..\n"),
        ("event_types", "spill.yaml", "type: oil_spill\nengine: magic\n"),
        ("languages", "it.yaml", "code: it\nflavour: sweet\n"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(text)
    with pytest.raises(DefinitionError) as caught:
        load_definitions(("de", "it"), tmp_path)
    said = str(caught.value)
    assert "people.tsv:1:" in said
    assert "spill.yaml:2:" in said
    assert "it.yaml:2:" in said


def test_a_language_that_nobody_defines_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match=r"detect\.languages: 'xx' is unknown"):
        load_definitions(("de", "xx"), tmp_path)
