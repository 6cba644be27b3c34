"""Texts to measure with: a given file of news, else sentences of our own in nine languages, each different."""

import itertools
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from streams.event_types import load_event_types
from streams.messages import Article, decode

STREAM = Path(os.environ.get("BENCH_TEXTS", Path(__file__).parents[3] / "shared" / "eval" / "stream.jsonl"))
DAY = datetime(2023, 9, 5, 12, tzinfo=UTC)
EVERYDAY = {
    "de": ("Der Stadtrat berät am Abend über den Radweg am Fluss.", "Die Bäckerei am Markt öffnet um sechs.", "Regen zieht über das Tal."),
    "en": ("The council discusses the cycle path by the river tonight.", "The bakery on the square opens at six.", "Rain moves over the valley."),
    "fr": ("Le conseil discute ce soir de la piste cyclable.", "La boulangerie de la place ouvre à six heures.", "La pluie traverse la vallée."),
    "es": ("El concejo debate esta noche sobre el carril bici.", "La panadería de la plaza abre a las seis.", "La lluvia cruza el valle."),
    "ru": ("Совет вечером обсудит велодорожку у реки.", "Пекарня на площади открывается в шесть.", "Дождь идёт над долиной."),
    "uk": ("Рада ввечері обговорить велодоріжку біля річки.", "Пекарня на площі відчиняється о шостій.", "Дощ іде над долиною."),
    "zh": ("市议会今晚讨论河边的自行车道。", "广场上的面包店六点开门。", "雨水经过山谷。"),
    "ar": ("يناقش المجلس مساء اليوم مسار الدراجات.", "يفتح المخبز في الساحة عند السادسة.", "المطر يعبر الوادي."),
    "ko": ("시의회는 오늘 저녁 자전거 길을 논의한다.", "광장의 빵집은 여섯 시에 문을 연다.", "비가 골짜기를 지난다."),
}  # fmt: skip
"""Sentences of ordinary days: news tells of other things than events, too."""

STEP = 9
"""A given file is sorted by source: so many lines are passed over for one that is read."""

HEADLINES, ARTICLES = 6, 30
"""Of so many sentences that are made, one is an example of an event type."""


def short_texts(count: int, rarity: int = HEADLINES) -> list[Article]:
    """News texts as they come, or made ones; no two are the same."""
    if STREAM.exists():
        with STREAM.open("rb") as lines:
            return [decode(line, Article) for line in itertools.islice(lines, 0, count * STEP, STEP)]
    return [
        Article(text=f"{sentence} ({number})", language=code, published=DAY)
        for number, (code, sentence) in enumerate(itertools.islice(_sentences(rarity), count))
    ]


def long_articles(count: int, words: int) -> list[Article]:
    """Articles of some length in Latin and Cyrillic letters: texts of one language behind each other."""
    parts: dict[str, list[str]] = {}
    found: list[Article] = []
    for text in itertools.cycle(short_texts(30_000, ARTICLES)):
        code = text.language or ""
        if code not in ("de", "en", "fr", "es", "ru", "uk"):
            continue
        kept = parts.setdefault(code, [])
        kept.append(text.text if text.text.endswith((".", "!", "?", ")")) else f"{text.text}.")
        if sum(len(part.split()) for part in kept) >= words:
            found.append(Article(title=kept[0][:100], text=" ".join(kept), language=code, published=DAY))
            parts[code] = []
        if len(found) == count:
            break
    return found


def _sentences(rarity: int) -> Iterator[tuple[str, str]]:
    examples = [(example.language, example.text) for kind in load_event_types() for example in kind.examples]
    everyday = [(code, sentence) for code, sentences in EVERYDAY.items() for sentence in sentences]
    for number in itertools.count():
        pool = examples if number % rarity == 0 else everyday
        yield pool[number * 7 % len(pool)]
