"""Word → the part that its inflected forms share, by language; light on purpose: plural, case, person, no derivation.

Endings are cut from folded words, the longest first, and only where enough of the word remains. Both sides of a
comparison are cut by the rules of the article's language, so a rule of one language never meets the endings of another.
German, French and Spanish follow J. Savoy's light stemmers, Arabic L. Larkey's light10, English the plural part of
Harman's S stemmer with -ed and -ing.
"""

from functools import lru_cache
from types import MappingProxyType

LANGUAGES = ("de", "en", "fr", "es", "ru", "uk", "ar")
"""Languages with endings of their own here; all others share the rules of `""`."""

_LATIN_LEAST = 4
_CYRILLIC_LEAST = 3
_ARABIC_LEAST = 3

_ENDINGS = MappingProxyType(
    {
        "de": ("ens", "ern", "ers", "ems", "en", "er", "es", "em", "e", "s", "n"),
        "fr": ("ees", "es", "ee", "s", "x", "e"),
        "es": ("es", "os", "as", "s", "o", "a", "e"),
        "ru": (
            *("иями", "ями", "ами", "ыми", "ими", "ого", "его", "ому", "ему", "иях", "иям", "ием", "ией"),
            *("ях", "ах", "ям", "ам", "ов", "ев", "ей", "ой", "ый", "ий", "ая", "яя", "ое", "ее", "ые", "ие"),
            *("ом", "ем", "ым", "им", "ых", "их", "ую", "юю", "ою", "ею", "ия", "ию", "ии", "ье", "ья", "ью", "ьи"),
            *("а", "я", "о", "е", "ы", "и", "у", "ю", "ь", "й"),
        ),
        "uk": (
            *("ями", "ами", "ими", "ого", "ому", "ові", "еві", "єві", "ією", "ії", "ію", "ія", "ій", "ої"),
            *("ях", "ах", "ям", "ам", "ів", "їв", "ою", "ею", "єю", "ом", "ем", "єм", "им", "их", "ий", "ей"),
            *("а", "я", "о", "е", "є", "и", "і", "ї", "у", "ю", "ь", "й"),
        ),
        "ar": ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي"),
        "": ("s",),
    }
)
_ARABIC_BEFORE = ("وال", "بال", "كال", "فال", "لل", "ال")

_WHOLE = frozenset(
    {"united", "evening", "news", "morning", "building", "press", "during", "speed", "species", "series"}
)
"""English words whose ending is none, or whose bare form means something else."""


@lru_cache(maxsize=1 << 16)
def stem(word: str, language: str) -> str:
    """The shared part of a folded word's forms, by the rules of an article's language ("" where it is not known)."""
    if word.isascii() and (len(word) < _LATIN_LEAST or word.isdigit()):
        return word
    if language == "ar" or "\u0620" <= word[0] <= "\u06ff":
        return _arabic(word)
    if "\u0400" <= word[0] <= "\u04ff":
        return _ukrainian(word) if language == "uk" else _cut(word, _ENDINGS["ru"], _CYRILLIC_LEAST)
    if language == "en":
        return _english(word)
    if language == "de":
        return _german(word)
    return _cut(word, _ENDINGS.get(language, _ENDINGS[""]), _LATIN_LEAST)


def _cut(word: str, endings: tuple[str, ...], least: int) -> str:
    for ending in endings:
        if len(word) - len(ending) >= least and word.endswith(ending):
            return word[: -len(ending)]
    return word


def _german(word: str) -> str:
    """-n is an ending only after e, l or r (Artikeln, Ministern), -s not after another s (Kongress)."""
    for ending in _ENDINGS["de"]:
        rest = word[: -len(ending)]
        if len(rest) < _LATIN_LEAST or not word.endswith(ending):
            continue
        if (ending == "n" and rest[-1] not in "lr") or (ending == "s" and rest[-1] == "s"):
            continue
        return rest
    return word


def _ukrainian(word: str) -> str:
    """An ending of two letters wants one letter more to remain: зброю ends in -ю, not in -ою."""
    for ending in _ENDINGS["uk"]:
        if word.endswith(ending) and len(word) - len(ending) >= _CYRILLIC_LEAST + (len(ending) == 2):
            return word[: -len(ending)]
    return word


def _english(word: str) -> str:
    if word in _WHOLE:
        return word
    if word.endswith(("ies", "ied")) and len(word) > _LATIN_LEAST:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
        if word.endswith(("she", "che", "xe", "zze", "sse")):
            word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= 3 and any(char in "aeiouy" for char in rest) and word not in _WHOLE:
            word = rest[:-1] if len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "sl" else rest
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def _arabic(word: str) -> str:
    if word.startswith("و") and len(word) > _ARABIC_LEAST + 1 and not word.startswith("وال"):
        word = word[1:]
    for article in _ARABIC_BEFORE:
        if word.startswith(article) and len(word) - len(article) >= 2:
            word = word[len(article) :]
            break
    for ending in _ENDINGS["ar"]:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            word = word[: -len(ending)]
    return word
