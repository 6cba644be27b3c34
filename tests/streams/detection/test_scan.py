"""The automaton's hits: whole words with their endings, and further words behind an everyday first word."""

import pytest

from streams.detector import Detector
from streams.messages import Article


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=("en", "fr", "ru"))


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("M. de Villepin est parti.", "fr", ["de Villepin"]),
        ("La vie de village est paisible.", "fr", []),
        ("Elections in the Gambia were calm.", "en", ["the Gambia"]),
        ("The gambit of the player failed.", "en", []),
        ("Переговоры с Германией и Францией", "ru", ["Германией", "Францией"]),
        ("Германизмы в языке", "ru", []),
    ],
)
def test_names_are_whole_words(detector: Detector, text: str, language: str, found: list[str]) -> None:
    annotated = detector.detect(Article(text=text, language=language))
    assert [mention.text for mention in annotated.mentions] == found
