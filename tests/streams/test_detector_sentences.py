"""Sentences of our own in Chinese, Arabic and Korean, without a date: who met or armed whom, or that nobody did."""

from pathlib import Path

import pytest

from streams.detector import Detector
from streams.messages import Article

SENTENCES = Path(__file__).parent.parent / "golden" / "sentences"


def read(language: str) -> list[tuple[str, str, str]]:
    """Language, sentence and what it tells, from lines `occurred CN FR<tab>sentence`; nothing before the tab: no event."""
    lines = (SENTENCES / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    return [(language, *reversed(line.split("\t", 1))) for line in lines if not line.startswith("#")]  # type: ignore[misc]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=("zh", "ar", "ko"))


@pytest.mark.parametrize(("language", "sentence", "expected"), [*read("zh"), *read("ar"), *read("ko")])
def test_what_a_sentence_tells(detector: Detector, language: str, sentence: str, expected: str) -> None:
    lines = []
    for event in detector.detect(Article(id="a", title="", text=sentence, language=language)).events:
        roles = {"leader_meeting": ("participant",), "arms_transfer": ("supplier", "recipient")}.get(event.type, ())
        sides = [" ".join(sorted(filler.country or filler.name for filler in event.roles[role])) for role in roles]
        if sides and event.status in ("occurred", "planned"):
            lines.append(f"{event.status} {' > '.join(sides)}".strip())
    assert "; ".join(lines) == expected
