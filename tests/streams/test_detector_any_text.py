"""For any Unicode at all: no exception, spans that cut exactly their text, the same bytes again, and explanations that agree."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detector import Detector
from streams.languages import LANGUAGES
from streams.messages import Annotated, Article, Span, encode
from tests.streams.test_detector import DAY, assert_exact

SHARED = Detector(languages=LANGUAGES)

SENTENCES = [
    "Macron trifft Scholz in Berlin.", "Germany sends 20 tanks to Ukraine, Biden says.", "Le président Macron a reçu Meloni à l’Élysée.",
    "España entregará misiles a Ucrania.", "Путин встретился с Макроном в Москве.", "Зеленський зустрівся з Дудою у Києві.",
    "习近平会见普京，中国向俄罗斯出售导弹。", "التقى السيسي أردوغان في القاهرة.", "푸틴은 김정은을 만났다.", "An earthquake of magnitude 7.1 killed 20 people in Turkey.",
    "Die Bäckerei am Markt öffnet um sechs.",
]  # fmt: skip
MARKS = ["\u00ad", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202e", "\u2066", "\ufeff", "\u0301", "\u0640", "🎉", "👩‍👩‍👧", "\u3000", "\u00a0", "\ud800", "\x00"]  # fmt: skip
PIECES = [
    *SENTENCES, *MARKS, "Putin", "ß", "İ", "ŉ", "ﬁ", "Ａ", "ｶﾞ", "ﾍﾟ", "ﾡ", "Ⅷ", "㍿", "\n", "&amp;", "&#8217;", "&nbsp;", "<b>", "<p class='x'>", "'", "’s", "-", " – ",
    "„", "“", "(", ")", "…", "U.S.", "5. September", "20:15", "€", "한일", "美俄",
]  # fmt: skip

TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=12).map(" ".join) | st.lists(
    st.sampled_from(PIECES), max_size=12
).map("".join)


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "compatible": lambda text: unicodedata.normalize("NFKD", text),
    "capitals": str.upper,
    "small": str.lower,
    "full width": full_width,
}


@st.composite
def disturbed(draw: st.DrawFn) -> str:
    """Sentences that tell of events, with marks anywhere in their words."""
    text = " ".join(draw(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3)))
    text = WAYS[draw(st.sampled_from(sorted(WAYS)))](text)
    for place, mark in draw(st.lists(st.tuples(st.integers(0, len(text)), st.sampled_from(MARKS)), max_size=6)):
        text = text[:place] + mark + text[place:]
    return text


ANY = TEXTS | disturbed()


@given(title=ANY, text=ANY, language=st.sampled_from([None, "", "xx", "de-AT", *LANGUAGES]))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_and_every_span_cuts_exactly_its_text(title: str, text: str, language: str | None) -> None:
    article = Article(title=title, text=text, language=language, published=DAY)
    annotated = SHARED.detect(article)
    assert_exact(annotated)
    assert all(0 < event.confidence < 1 for event in annotated.events)
    again = SHARED.detect(article)
    assert again == annotated
    if "\ud800" not in title + text:
        assert encode(again) == encode(annotated)


@given(text=ANY, language=st.sampled_from([None, *LANGUAGES]))
@settings(max_examples=200, deadline=None)
def test_explanations_cut_exactly_too_and_agree_with_detection(text: str, language: str | None) -> None:
    article = Article(text=text, language=language, published=DAY)
    annotated, explained = SHARED.detect(article), SHARED.explain(article)
    for one in explained:
        pieces: list[Span] = [one.trigger, one.evidence, *one.cues, *(party.span for party in one.parties)]
        assert all(getattr(article, piece.field)[piece.start : piece.end] == piece.text for piece in pieces)
        assert one.reason
    assert tuple(one.event for one in explained if one.event is not None) == annotated.events


MACRON, ZELENSKYY, PUTIN, KIM = "Q3052772", "Q3874799", "Q7747", "Q56226"


def people(annotated: Annotated) -> set[str | None]:
    return {mention.entity for mention in annotated.mentions if mention.kind == "person"}


@pytest.mark.parametrize("way", sorted(set(WAYS) - {"small"}))
@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Macron trifft Selenskyj in Straßburg.", "de", {MACRON, ZELENSKYY}),
        ("Путин встретился с Макроном.", "ru", {PUTIN, MACRON}),
        ("푸틴은 김정은을 만났다.", "ko", {PUTIN, KIM}),
    ],
)
def test_names_are_found_however_they_are_encoded(way: str, text: str, language: str, found: set[str]) -> None:
    annotated = SHARED.detect(Article(text=WAYS[way](text), language=language, published=DAY))
    assert people(annotated) >= found
    assert_exact(annotated)


@pytest.mark.parametrize("mark", ["\u00ad", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2066", "\ufeff"])
def test_marks_that_nobody_sees_hide_no_name(mark: str) -> None:
    text = f"Ma{mark}cron trifft den ukrainischen Prä{mark}sidenten Selen{mark}skyj."
    annotated = SHARED.detect(Article(text=text, language="de", published=DAY))
    assert people(annotated) >= {MACRON, ZELENSKYY}
    assert [event.type for event in annotated.events] == ["leader_meeting"]
    assert_exact(annotated)
