"""Folding: what becomes of letters, and the way back to the original offsets."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.detection.chinese import SIMPLIFIED
from streams.detection.normalise import Folder


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Erdoğan", "erdogan"),
        ("Weißes Haus", "weisses haus"),
        ("Kim\u00a0Jong\u2011un", "kim jong-un"),
        ("«Élysée»", '"elysee"'),
        ("Алексей Ё", "алексеи е"),
        ("прем’єр", "прем'єр"),
        ("習近平會見", "习近平会见"),
        ("أردوغان", "اردوغان"),
        ("الرئيسـة", "الرييسه"),
        ("ＵＳＡ", "usa"),
        ("İzmir", "izmir"),
        ("Ukra\u00adine", "ukraine"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert Folder.new().fold(text).low == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Egypt #39;s president", "egypt's president"),
        ("Egypt&#39;s president", "egypt's president"),
        ("Egypt&amp;#039;s president", "egypt's president"),
        ("the leaders #39; talks", "the leaders' talks"),
        ("he said #39;no #39; twice", "he said 'no ' twice"),
        ("Bush &amp; Blair &lt;b&gt;", "bush & blair <b>"),
        ("&quot;Oui&quot;, dit-elle &eacute;tonn&#xe9;e", '"oui", dit-elle etonnee'),
        ("R&D; AT&T, room #12 &nosuch;", "r&d; at&t, room #12 &nosuch;"),
    ],
)
def test_character_references_left_over_count_as_what_they_stand_for(text: str, folded: str) -> None:
    assert Folder.new().fold(text).low == folded


def test_spans_over_character_references_lead_back_to_all_of_them() -> None:
    folded = Folder.new().fold("He said &quot;yes&quot; to it")
    start = folded.low.index('"yes"')
    first, last = folded.back(start, start + len('"yes"'))
    assert folded.text[first:last] == "&quot;yes&quot;"


@pytest.mark.parametrize("text", ["Präsident", "Зеленский", "대통령", "Orbán"])
def test_composed_and_decomposed_letters_fold_alike(text: str) -> None:
    for kept in ("", "äöü"):
        folder = Folder.new(kept)
        assert (
            folder.fold(unicodedata.normalize("NFD", text)).low == folder.fold(unicodedata.normalize("NFC", text)).low
        )


def test_kept_letters_stay() -> None:
    assert Folder.new("äöüÄÖÜ").fold("Würde wurde Ölpreis é").low == "würde wurde ölpreis e"


def test_dropped_letters_go_and_offsets_remain() -> None:
    folded = Folder.new(dropped="·").fold("劳尔·卡斯特罗")
    assert folded.low == "劳尔卡斯特罗"
    assert folded.back(2, 6) == (3, 7)


@given(st.text(max_size=60))
def test_copies_are_of_one_length_and_lead_back(text: str) -> None:
    folded = Folder.new().fold(text)
    assert len(folded.cased) == len(folded.low) == len(folded.words)
    for start in range(len(folded.low)):
        first, last = folded.back(start, start + 1)
        assert 0 <= first < last <= len(text)


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    folder = Folder.new()
    once = folder.fold(text).low
    assert folder.fold(once).low == once


def test_chinese_pairs_are_one_to_one_and_end() -> None:
    assert all(len(a) == len(b) == 1 for a, b in SIMPLIFIED.items())
    assert not set(SIMPLIFIED.values()) & set(SIMPLIFIED)
