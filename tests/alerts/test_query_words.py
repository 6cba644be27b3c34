"""Words in queries: in any case, script and inflection, at exactly the places where they stand."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.query import Prepared, Query, Vocabulary, compile_query
from alerts.query.folding import Folded, fold_letters, tokens
from alerts.query.inflection import LANGUAGES, stem
from tests.factories import an_annotated

VOCABULARY = Vocabulary()


def query(text: str) -> Query:
    return compile_query(text, VOCABULARY)


def matched(text: str, article: str, language: str | None) -> list[str]:
    hit = query(text).find(Prepared(an_annotated("", article, language=language)))
    assert hit is None or all(article[m.start : m.end] == m.text for m in hit.matched)
    return [] if hit is None else [m.text for m in hit.matched]


@pytest.mark.parametrize(
    ("text", "language", "article", "found"),
    [
        # case, accents, umlauts
        ("PUTIN", "de", "putin und Putin", ["putin", "Putin"]),
        ("Mueller", "de", "Herr Müller", ["Müller"]),
        ("Müller", "de", "Muller, Mueller, Müller", ["Muller", "Mueller", "Müller"]),
        ("poet", "en", "a pot", []),
        ("Strasse", "de", "Auf der Straße", ["Straße"]),
        ("Arhus", "en", "in Århus and Aarhus", ["Århus"]),
        ("Aarhus", "en", "in Århus", ["Århus"]),
        ("Erdogan", "tr", "Recep Tayyip Erdoğan", ["Erdoğan"]),
        ("Łódź", "pl", "w Lodz", ["Lodz"]),
        ("naïve", "en", "a naive man, naïve", ["naive", "naïve"]),
        ("Королёв", "ru", "Королев", ["Королев"]),
        ("ＮＡＴＯ", "en", "NATO", ["NATO"]),
        ("office", "en", "the oﬃce", ["oﬃce"]),
        # boundaries
        ("Iran", "en", "Iranian", []),
        ("arm", "en", "the army is alarmed", []),
        ("Putin", "en", "Putin's", ["Putin"]),
        ("Kim", "en", "(Kim), “Kim” – Kim-backed", ["Kim", "Kim", "Kim"]),
        ("Kim", "en", "_Kim_", ["Kim"]),
        # inflection, by the rules of the article's language
        ("Waffenlieferung", "de", "neue Waffenlieferungen", ["Waffenlieferungen"]),
        ("Waffenlieferungen", "de", "die Waffenlieferung", ["Waffenlieferung"]),
        ("Haus", "de", "die Häuser", ["Häuser"]),
        ("Minister", "de", "den Ministern", ["Ministern"]),
        ("Irans", "de", "der Iran", ["Iran"]),
        ("delivery", "en", "several deliveries", ["deliveries"]),
        ("war", "en", "two wars", ["wars"]),
        ("attack", "en", "attacked, attacking, attacks", ["attacked", "attacking", "attacks"]),
        ("strike", "en", "striking", ["striking"]),
        ("unit", "en", "the United States", []),
        ("livraison", "fr", "les livraisons", ["livraisons"]),
        ("misil", "es", "los misiles", ["misiles"]),
        ("ракета", "ru", "обстрел ракетами", ["ракетами"]),
        ("Путин", "ru", "встреча с Путиным", ["Путиным"]),
        ("зброя", "uk", "постачання зброї, зброєю", ["зброї", "зброєю"]),
        ("سلاح", "ar", "تسليم الأسلحة والسلاح", ["والسلاح"]),
        ("أسلحة", "ar", "صفقة الأسلحة", ["الأسلحة"]),
        ("موسكو", "ar", "مـوسكو", ["مـوسكو"]),
        ("word", "xx", "words", ["words"]),
        ("word", None, "words", ["words"]),
        # exactly
        ("=Waffenlieferung", "de", "Waffenlieferungen", []),
        ("=Waffenlieferung", "de", "WAFFENLIEFERUNG", ["WAFFENLIEFERUNG"]),
        ("=Müller", "de", "Muller Mueller Müller Mu\u0308ller", ["Müller", "Mu\u0308ller"]),
        ('="die Straße"', "de", "die Strasse, die Straße", ["die Straße"]),
        # beginnings
        ("Waff*", "de", "Waffen, Bewaffnung", ["Waffen"]),
        ("Mül*", "de", "Müller, Mueller", ["Müller", "Mueller"]),
        ("=Pu*", "de", "Putin", ["Putin"]),
        # phrases
        ('"kim jong un"', "en", "Kim Jong-un, KIM JONG UN", ["Kim Jong-un", "KIM JONG UN"]),
        ('"artillery shell"', "en", "artillery shells", []),
        ('"meet Putin"', "en", "meet, Putin", ["meet, Putin"]),
        ('"meet Putin"', "en", "meet with Putin", []),
        ("„Weißes Haus“", "de", "Das Weisse Haus. Das Weiße Haus? Weißes Haus!", ["Weißes Haus"]),
        ("e-mail", "en", "an E-Mail, emails", ["E-Mail"]),
        ("U.S.", "en", "the U.S. said", ["U.S"]),
        # nearness
        ("Kim NEAR/3 Putin", "en", "Kim will soon meet Putin", ["Kim will soon meet Putin"]),
        ("Kim NEAR/2 Putin", "en", "Kim will soon meet Putin", []),
        ("Putin NEAR/3 Kim", "en", "Kim will soon meet Putin", ["Kim will soon meet Putin"]),
        ("Kim NEAR/1 Kim", "en", "Kim", []),
        ("Kim NEAR/1 Kim", "en", "Kim, Kim", ["Kim, Kim"]),
        ('"Kim Jong" NEAR/2 meet*', "en", "Kim Jong-un met, meets", ["Kim Jong-un met, meets"]),
        ("(Kim OR Xi) NEAR/1 Putin", "en", "Xi, Putin", ["Xi, Putin"]),
        ("a1 NEAR/1 b1 NEAR/1 c1", "en", "a1 x b1 x c1", ["a1 x b1 x c1"]),
        ("a1 NEAR/1 b1 NEAR/1 c1", "en", "a1 x b1 x x c1", []),
        # Chinese, Japanese, Thai, Korean
        ("会谈", "zh", "中俄首脑会谈举行", ["会谈"]),
        ('"首脑 会谈"', "zh", "中俄首脑会谈举行", ["首脑会谈"]),
        ("F-16战斗机", "zh", "交付F-16战斗机。", ["F-16战斗机"]),
        ("16战斗机", "zh", "交付F-116战斗机。", []),
        ("ミサイル", "ja", "北朝鮮がﾐｻｲﾙを発射、ミサイル", ["ﾐｻｲﾙ", "ミサイル"]),
        ("อาวุธ", "th", "ส่งมอบอาวุธให้", ["อาวุธ"]),
        ("푸틴", "ko", "푸틴은 김정은과", ["푸틴"]),
        ("무기", "ko", "핵무기 무기를", ["무기"]),
        ("정상회담", "ko", "북러정상회담에서", ["정상회담"]),
        ("=푸틴", "ko", "푸틴은 푸틴", ["푸틴"]),
        ('"김정은 위원장"', "ko", "김정은 위원장이", ["김정은 위원장"]),
        ("会谈 NEAR/3 普京", "zh", "会谈中普京表示", ["会谈中普京"]),
        ("会谈 NEAR/3 普京", "zh", "会谈之后三天在莫斯科的普京", []),
        ("김정은 NEAR/1 푸틴", "ko", "김정은은 곧 푸틴을", ["김정은은 곧 푸틴"]),
        ("김정은 NEAR/1 푸틴", "ko", "김정은은 곧 다시 푸틴을", []),
        # regular expressions
        (r"/S-[34]00/", "en", "S-300, s-400, S-500", ["S-300", "s-400"]),
        (r"=/\bUS\b/", "en", "US and us", ["US"]),
        (r"/ракет\pL+/", "ru", "Ö: РАКЕТАМИ", ["РАКЕТАМИ"]),
        (r"/a\/b/", "en", "x a/b", ["a/b"]),
    ],
)
def test_words_are_found_where_they_stand(text: str, language: str | None, article: str, found: list[str]) -> None:
    assert matched(text, article, language) == found


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("summit", ["title", "text"]),
        ("title:summit", ["title"]),
        ("text:summit", ["text"]),
        ("TITLE:(summit OR talks)", ["title"]),
        ("title:(summit -talks)", ["title"]),
        ('text:"the summit"', ["text"]),
        ("title:talks", []),
        ("title:(summit AND the)", []),
    ],
)
def test_a_field_narrows_where_is_looked(text: str, fields: list[str]) -> None:
    hit = query(text).find(Prepared(an_annotated("Summit!", "After the summit")))
    assert [m.field for m in (hit.matched if hit else [])] == fields


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("a1 b1", True),
        ("a1 x1", False),
        ("a1 AND x1", False),
        ("a1 OR x1", True),
        ("x1 OR a1 b1", True),
        ("x1 OR a1 x1", False),
        ("(x1 OR a1) x1", False),
        ("(x1 OR a1) b1", True),
        ("a1 NOT x1", True),
        ("a1 NOT b1", False),
        ("a1 -b1", False),
        ("a1 -x1 b1", True),
        ("NOT x1 a1", True),
        ("a1 NOT (b1 x1)", True),
        ("a1 NOT (b1 OR x1)", False),
        ("a1 NOT NOT b1", True),
        ("a1 -(b1 OR x1)", False),
        ('a1 -"b1 c1"', False),
        ("a1 # NOT b1\n b1", True),
        ("# first\na1\n# last", True),
        ("a1 #hash", True),
        ("not a1", False),
    ],
)
def test_operators_bind_as_in_search_engines(text: str, met: bool) -> None:
    assert (query(text).find(Prepared(an_annotated("a1 b1 c1 hash"))) is not None) is met


def test_each_clause_names_its_words_as_it_was_written() -> None:
    hit = query('title:"kim jong un"  -Xi (Putin* OR Trump)').find(Prepared(an_annotated("Kim Jong-un: Putins", "")))
    assert hit is not None
    assert [(m.clause, m.text) for m in hit.matched] == [('title:"kim jong un"', "Kim Jong-un"), ("Putin*", "Putins")]


def test_a_word_that_stands_a_thousand_times_is_shown_a_few_times() -> None:
    assert len(matched("war", "war " * 1000, "en")) == 5


@given(st.text(max_size=80))
def test_words_cut_the_text_exactly(text: str) -> None:
    last = 0
    for token in tokens(text):
        assert last <= token.start < token.end <= len(text)
        assert token.forms
        assert all(token.forms)
        last = token.end


@given(st.text(max_size=80))
def test_a_text_folded_in_place_leads_back_to_every_letter(text: str) -> None:
    folded: Folded = fold_letters(text)
    assert len(folded.offsets) == len(folded.text) + 1
    assert list(folded.offsets) == sorted(folded.offsets)
    assert folded.offsets[-1] == len(text)
    for position in range(len(folded.text)):
        start, end = folded.place(position, position + 1)
        assert 0 <= start < end <= len(text)


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=1, max_size=20), st.sampled_from(["", *LANGUAGES]))
def test_a_word_finds_itself(word: str, language: str) -> None:
    written = f"« {word} »"
    for token in tokens(written):
        found = matched(written[token.start : token.end], f"{word} … {word}", language or None)
        assert found or word.upper().startswith("NEAR") or word in ("AND", "OR", "NOT")


@pytest.mark.parametrize("language", ["", *LANGUAGES])
def test_a_stem_is_never_empty(language: str) -> None:
    for word in ("a", "es", "en", "ing", "sss", "ее", "ями", "ال", "و", "ها", "été", "s"):
        assert stem(word, language)


def test_of_a_match_that_is_a_whole_text_the_beginning_is_shown() -> None:
    assert [len(text) for text in matched("/x+/", "x" * 100_000, "en")] == [500]


def test_nearness_in_a_text_of_one_word_takes_no_time() -> None:
    near = query("war NEAR/100 peace NEAR/100 war")
    article = Prepared(an_annotated("", "war " * 20_000 + "peace"))
    start = time.process_time()
    assert near.find(article) is not None
    assert time.process_time() - start < 2


def test_evil_expressions_take_no_time() -> None:
    evil = query(r"/(a+)+$/")
    article = Prepared(an_annotated("", "a" * 5000 + "!"))
    start = time.process_time()
    assert evil.find(article) is None
    assert time.process_time() - start < 1
