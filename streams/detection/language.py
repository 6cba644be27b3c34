"""Which language an article is in: what the feed says, unless the script or the words clearly say otherwise."""

import re
from collections.abc import Sequence

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SAMPLE = 400
_MARKUP = re.compile(r"https?://\S+|[@#]\w+|<[^>]{0,200}>|&\w+;|\d+")
_HANGUL = re.compile("[\uac00-\ud7a3\u1100-\u11ff]+")
_HAN = re.compile("[\u4e00-\u9fff]+")
_KANA = re.compile("[\u3040-\u30ff]")
_ARABIC = re.compile("[\u0600-\u06ff]+")
_CYRILLIC = re.compile("[\u0400-\u04ff]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]+")
_SCRIPTS = (
    (_HANGUL, ("ko",), 3),
    (_HAN, ("zh",), 4),
    (_ARABIC, ("ar",), 2),
    (_CYRILLIC, ("ru", "uk"), 2),
    (_LATIN, ("de", "en", "fr", "es"), 1),
)
"""Scripts with the languages written in them and what a letter weighs: Latin names stand in texts of every script, the
other scripts hardly in Latin ones, and a character of theirs says as much as several letters."""
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_RUSSIAN = re.compile("[ыэъёЫЭЪЁ]")
_EVERYDAY = {
    "de": "der die das und den mit von ist im auf für nicht ein eine dem sich wird werden nach bei auch zum zur vom "
    "über aus sind hat haben wie als noch soll gegen um vor wegen mehr unter",
    "en": "the of and to is for on that with has have by from he his they this are were be been at it its as after "
    "over not said who new says but out",
    "fr": "le les du et est dans pour qui sur au aux avec sont cette il par ses leur une ont été après plus",
    "es": "el los las del y por con para una su sus como más al lo fue según tras desde ha han está",
}
"""Words of nearly every sentence that no other language of the same script has: where a feed's own stand, its word need
not be doubted, and the model (a third of the time of detection otherwise) not be asked."""
_OWN = {word: code for code, words in _EVERYDAY.items() for word in words.split()}


class Identifier:
    """Identifies one of the supported languages; loads its model once."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = tuple(languages)
        self._model = LanguageIdentifier.from_model_file(MODEL_FILE)
        known = set(self._model.nb_classes)
        self._model.set_languages([code for code in languages if code in known] or None)

    def identify(self, title: str, text: str, declared: str | None) -> str | None:
        """The language of a text, None where it is none of the supported. The feed's word decides what is too short
        to tell.
        """
        prior = (declared or "").lower().replace("_", "-").split("-")[0]
        sample = _MARKUP.sub(" ", f"{title} {text[:_SAMPLE]}").strip()
        candidates = self._by_script(sample)
        if len(sample) < 12 or not candidates:
            return prior if prior in self._languages else (candidates[0] if len(candidates) == 1 else None)
        if len(candidates) == 1:
            return candidates[0]
        if prior and prior not in self._languages:
            return None
        if prior in candidates and not self._contradicts(sample, prior):
            return prior
        return self._guess(sample, candidates)

    def _by_script(self, sample: str) -> tuple[str, ...]:
        """Supported languages of the script that most letters belong to; Japanese is nobody's here."""
        scripts = _SCRIPTS[-1:] if sample.isascii() else _SCRIPTS
        counts = [(sum(map(len, pattern.findall(sample))) * weight, codes) for pattern, codes, weight in scripts]
        count, codes = max(counts, key=lambda pair: pair[0])
        if not count or (codes == ("zh",) and len(_KANA.findall(sample)) * 16 > count):
            return ()
        known = tuple(code for code in codes if code in self._languages)
        others = tuple(code for code in self._languages if not any(code in listed for _, listed, _ in _SCRIPTS))
        return known + others if codes and codes[0] in ("de", "ru") else known

    def _contradicts(self, sample: str, prior: str) -> bool:
        """Whether the words clearly say another language than the feed."""
        if prior == "ru":
            return len(_UKRAINIAN.findall(sample)) > 2 and not _RUSSIAN.search(sample)
        if prior == "uk":
            return len(_RUSSIAN.findall(sample)) > 2 and not _UKRAINIAN.search(sample)
        if _speaks(sample, prior):
            return False
        ranked = self._model.rank(sample)
        best = ranked[0][0]
        scores = dict(ranked)
        return best != prior and len(sample) >= 40 and scores[best] - scores.get(prior, float("-inf")) > 25

    def _guess(self, sample: str, candidates: tuple[str, ...]) -> str | None:
        if set(candidates) <= {"ru", "uk"} and (own := self._cyrillic(sample, candidates)):
            return own
        for code, _ in self._model.rank(sample):
            if code in candidates:
                return str(code)
        return candidates[0]

    def _cyrillic(self, sample: str, candidates: tuple[str, ...]) -> str | None:
        ukrainian, russian = len(_UKRAINIAN.findall(sample)), len(_RUSSIAN.findall(sample))
        if ukrainian != russian:
            code = "uk" if ukrainian > russian else "ru"
            return code if code in candidates else None
        return None


def _speaks(sample: str, language: str) -> bool:
    """Whether a text has everyday words of a language, and hardly any of another."""
    if language not in _EVERYDAY:
        return False
    codes = [_OWN[word] for word in sample.lower().split() if word in _OWN]
    own = codes.count(language)
    return own >= 2 and len(codes) - own <= own // 4
