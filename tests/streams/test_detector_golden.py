"""The reference story in four languages: a leader will travel, arms may be sold, somebody else denies; quoted officials supply nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.detector import Detector
from streams.messages import Annotated, Article, Event

FOLDER = Path(__file__).parent.parent / "golden" / "articles"
ARTICLES = sorted(FOLDER.glob("*/*.json"))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=("de", "en", "ru", "ko"))


def read(detector: Detector, file: Path) -> Annotated:
    content = json.loads(file.read_text(encoding="utf-8"))
    published = datetime(2023, 9, 5, 9, tzinfo=UTC)
    return detector.detect(Article(title=content["title"], text=content["text"], published=published))


def of_type(annotated: Annotated, kind: str) -> list[Event]:
    return [event for event in annotated.events if event.type == kind]


def countries(event: Event, role: str) -> list[str | None]:
    return sorted({filler.country for filler in event.roles[role]}, key=str)


def test_there_is_an_article_in_each_language() -> None:
    assert {file.parent.name for file in ARTICLES} >= {"de", "en", "ru", "ko"}


@pytest.mark.parametrize("file", ARTICLES, ids=lambda file: file.parent.name)
def test_the_two_leaders_will_meet(detector: Detector, file: Path) -> None:
    annotated = read(detector, file)
    (meeting,) = of_type(annotated, "leader_meeting")
    assert annotated.language == file.parent.name
    assert meeting.status == "planned"
    assert {(filler.entity, filler.name, filler.country) for filler in meeting.roles["participant"]} == {
        ("Q56226", "Kim Jong-un", "KP"),
        ("Q7747", "Vladimir Putin", "RU"),
    }


@pytest.mark.parametrize("file", ARTICLES, ids=lambda file: file.parent.name)
def test_ammunition_may_go_from_north_korea_to_russia(detector: Detector, file: Path) -> None:
    (transfer,) = [e for e in of_type(read(detector, file), "arms_transfer") if "KP" in countries(e, "supplier")]
    assert transfer.status in ("planned", "possible")
    assert (countries(transfer, "supplier"), countries(transfer, "recipient")) == (["KP"], ["RU"])
    assert [filler.entity for filler in transfer.roles["weapon"]] == ["artillery-ammunition"]


@pytest.mark.parametrize("file", ARTICLES, ids=lambda file: file.parent.name)
def test_the_iranian_delivery_is_denied_and_nobody_else_supplies(detector: Detector, file: Path) -> None:
    transfers = of_type(read(detector, file), "arms_transfer")
    assert [(e.status, countries(e, "recipient")) for e in transfers if countries(e, "supplier") == ["IR"]] == [
        ("denied", ["RU"])
    ]
    assert {country for event in transfers for country in countries(event, "supplier")} == {"KP", "IR"}
