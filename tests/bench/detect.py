"""How fast detection alone is on one core, start-up apart, and what the worst inputs of a megabyte cost."""

import gc
import resource
import time

from streams.detector import Detector
from streams.languages import LANGUAGES
from streams.messages import Article
from tests.bench.texts import DAY, STREAM, long_articles, short_texts

SHORT = 10_000
LONG = 500
WORDS = 400
SIZES = (250_000, 500_000, 1_000_000)

WORST = {
    "one word": "a",
    "markup": '<div class="x"><p>&nbsp;<b>',
    "no sentence end": "Macron trifft Scholz und dann ",
    "names and triggers": "Putin meets Xi Jinping, Macron sends tanks to Ukraine; ",
    "names in Chinese": "习近平会见普京。",
    "combining marks": "e\u0301 ",
}
"""Pieces that a worst input repeats."""


def measure() -> None:
    """Print texts a second, articles a second, and time and memory of the worst inputs at one, two and four times."""
    began = time.process_time()
    detector = Detector(languages=LANGUAGES)
    print(f"  start-up {time.process_time() - began:.1f} s of the processor, {peak()} MB", flush=True)
    print(f"  texts: {STREAM.name if STREAM.exists() else 'made of our own sentences (BENCH_TEXTS names a file)'}")
    detector.detect(Article(text="Macron trifft Scholz.", published=DAY))
    gc.collect()
    gc.freeze()
    rate("short texts", detector, short_texts(SHORT), 2_500)
    rate(f"articles of {WORDS} words", detector, long_articles(LONG, WORDS), 1_000)
    for name, piece in WORST.items():
        worst(name, detector, piece)


def rate(name: str, detector: Detector, articles: list[Article], goal: int) -> None:
    """Print how many articles a second one core reads, each seen once."""
    began = time.process_time()
    events = sum(len(detector.detect(article).events) for article in articles)
    taken = time.process_time() - began
    print(
        f"  {name:24} {len(articles) / taken:7.0f}/s a core (goal {goal}), {events} events in {len(articles)}",
        flush=True,
    )


def worst(name: str, detector: Detector, piece: str) -> None:
    """Print the seconds for a quarter, a half and the whole of a megabyte, and the memory of the process at most."""
    taken = []
    for size in SIZES:
        text = (piece * (size // len(piece) + 1))[:size]
        began = time.process_time()
        detector.detect(Article(text=text, published=DAY))
        taken.append(time.process_time() - began)
    told = "  ".join(f"{seconds:5.2f}" for seconds in taken)
    print(f"  1 MB, {name:19} {told} s at 1/4, 1/2, 1 (goal 2), {peak()} MB at most (goal 300)", flush=True)


def peak() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
