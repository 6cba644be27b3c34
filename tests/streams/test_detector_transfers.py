"""Sentences of our own in six languages: who supplies whom, or that no transfer of arms is reported."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.detector import Detector
from streams.messages import Article
from tests.found import transfers

SENTENCES = Path(__file__).parent.parent / "golden" / "transfers"
DAY = datetime(2023, 9, 5, 12, tzinfo=UTC)


def read(language: str) -> list[tuple[str, str, str]]:
    """Language, what is told and sentence, from lines `US > UA<tab>sentence`."""
    lines = (SENTENCES / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    return [(language, *line.split("\t", 1)) for line in lines if not line.startswith("#")]  # type: ignore[misc]


TABLE = [row for language in ("de", "en", "fr", "es", "ru", "uk") for row in read(language)]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=("de", "en", "fr", "es", "ru", "uk"))


@pytest.mark.parametrize(("language", "told", "sentence"), TABLE)
def test_who_supplies_whom(detector: Detector, language: str, told: str, sentence: str) -> None:
    found = transfers(detector.detect(Article(title="", text=sentence, language=language, published=DAY)))
    reported = [f"{who} > {whom}" for status, who, whom in found if status in ("occurred", "planned")]
    assert (reported[:1] or ["none"]) == [told.replace(",", "+")]
