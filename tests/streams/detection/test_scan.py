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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Лесные пожары охватили Португалию, погибли трое.", ["Лесные пожары"]),
        ("Лесными пожарами уничтожены сотни домов.", ["Лесными пожарами"]),
        ("Лесная школа и пожарная часть закрыты, погибли трое.", []),
    ],
)
def test_each_word_of_a_head_may_be_open(detector: Detector, text: str, found: list[str]) -> None:
    annotated = detector.detect(Article(text=text, language="ru"))
    assert [event.trigger.text for event in annotated.events if event.type == "natural_disaster"] == found
