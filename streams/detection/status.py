"""Whether it happened: cues in the head's clause and in the clauses that govern it, in a fixed order.

Order: a call is no meeting; denied; possible; background; planned; occurred. A finite past of the head beats
possibility
and plan in its own clause, since what was done is no longer open.
"""

import re
from dataclasses import replace
from datetime import date

from streams.detection.candidate import Analysis, Candidate, Cue
from streams.detection.dates import COUNTED, month_cues, week_cues
from streams.detection.occasions import has_arrived, lies_ahead, of_meeting, says_when
from streams.detection.openness import backshifted, open_cues, past_cues, wished
from streams.detection.participants import is_gerund
from streams.detection.scope import court_cues, demote, governing, speaking_of, threat_cues
from streams.detection.units import Unit
from streams.event_types.definition import Trigger

_ORDER = (
    "negation",
    "cancel",
    "deny",
    "possible",
    "request",
    "planned",
    "future_time",
    "background",
    "anniversary",
    "call",
    "neutral",
)
_GOVERNED = 24
"""Letters between an anniversary and what it is the anniversary of."""
_YEAR = re.compile(rf"(?<![0-9a-z.,])(19[0-9]\d|20[0-4]\d)(?![\w,.]\d)(?!{COUNTED})(?:\s?年|년)?")


_KNOWN = 2000
"""Leaders are known from this year on: an article without a date that names an earlier one tells of the past."""


def find_cues(analysis: Analysis) -> list[Cue]:
    """All cues of a sentence; a cue inside a longer one of another kind does not count (`nicht ausgeschlossen`)."""
    text = _masked(analysis)
    found: list[Cue] = []
    for kind in _ORDER:
        pattern = analysis.grammar.cues.get(kind)
        if pattern is None:
            continue
        found.extend(
            Cue(kind, analysis.start + match.start(), analysis.start + match.end(), match.group())
            for match in pattern.finditer(text)
            if not (kind == "future_time" and _is_noun(analysis, match))
        )
    found.sort(key=lambda cue: (cue.start - cue.end, cue.start))
    kept: list[Cue] = []
    for cue in found:
        if not any(
            other.start <= cue.start
            and cue.end <= other.end
            and other.kind not in (cue.kind, "negation")
            and _longer(other, cue)
            for other in kept
        ):
            kept.append(cue)
    return [replace(cue, kind="planned") if backshifted(analysis, cue) else cue for cue in _denying(kept)]


def _denying(cues: list[Cue]) -> list[Cue]:
    """Without negations of how something goes on (`ne se déroulera pas très …`): it does go on."""
    manners = [cue for cue in cues if cue.kind == "neutral"]
    return [
        cue
        for cue in cues
        if cue.kind != "negation" or not any(manner.start < cue.end <= manner.end for manner in manners)
    ]


def _is_noun(analysis: Analysis, match: re.Match[str]) -> bool:
    """German writes `morgen` (tomorrow) small and `am Morgen` with a capital."""
    if not analysis.grammar.language.nouns_capital or " " in match.group():
        return False
    start = analysis.start + match.start()
    return any(unit.start == start and place and unit.cased[:1].isupper() for place, unit in enumerate(analysis.units))


def _longer(first: Cue, second: Cue) -> bool:
    return first.end - first.start > second.end - second.start and "..." not in first.text


def _masked(analysis: Analysis) -> str:
    """The sentence with names blanked out, so that no cue is found inside a name."""
    text = list(analysis.text)
    for unit in analysis.units:
        if unit.cls and unit.kind != "trigger":
            for place in range(unit.start - analysis.start, min(unit.end - analysis.start, len(text))):
                text[place] = "\x00"
    return "".join(text).replace("\x00", "_")


def decide_status(candidate: Candidate, cues: list[Cue], day: date | None) -> None:
    """Set status and the cues that decided it; a call refuses a meeting."""
    analysis = candidate.analysis
    own = [
        cue
        for cue in cues
        if _clause_of(analysis, cue) == candidate.unit.clause
        and not _is_head(candidate, cue)
        and _reaches(candidate, cue)
    ]
    if candidate.type.engine == "meeting":
        own = of_meeting(candidate, own)
    above = _governing_cues(candidate, cues)
    calls = [cue for cue in cues if cue.kind == "call"]
    if candidate.type.engine == "meeting" and calls and _call(candidate, calls):
        candidate.cues = calls
        candidate.refuse(f"a call, a letter or a video link is no meeting: {calls[0].text!r}")
        return
    if candidate.type.engine == "transfer":
        if _demanded(candidate, [*own, *above]):
            candidate.refuse("a demand not to deliver is no transfer")
            return
        own = [_readily(candidate, cue) for cue in _claimed(candidate, own)]
    if candidate.type.engine == "action":
        own, above = (
            [*speaking_of(candidate, own), *court_cues(candidate), *threat_cues(candidate)],
            governing(candidate, above),
        )
        if candidate.tense == "future":
            own = [cue for cue in own if cue.kind != "background"]
    _weigh(candidate, own, above, day)
    if candidate.type.engine == "action":
        demote(candidate)
    if candidate.trigger.status is not None and candidate.status == "occurred":
        candidate.status = candidate.trigger.status
        candidate.explicit |= candidate.type.engine == "action"


def _call(candidate: Candidate, calls: list[Cue]) -> bool:
    """A call counts in the head's own clause; for a weak or talking head anywhere in the sentence."""
    strong = (
        candidate.trigger.frame in ("meet", "receive", "visit", "guest", "trip")
        and candidate.trigger.strength == "strong"
    )
    if not strong:
        return True
    return any(_clause_of(candidate.analysis, cue) == candidate.unit.clause for cue in calls)


def _pick(kinds: tuple[str, ...], cues: list[Cue]) -> list[Cue]:
    return [cue for cue in cues if cue.kind in kinds]


def _weigh(candidate: Candidate, own: list[Cue], above: list[Cue], day: date | None) -> None:
    position = _position(candidate)
    done = not wished(candidate) and (
        candidate.tense == "past"
        or (candidate.tense == "participle" and not _pick(("planned", "possible", "request"), own))
    )
    if position == "during":
        own = [cue for cue in own if cue.kind not in ("possible", "request", "deny", "negation")]
        position = ""
    denied = [*_pick(("cancel", "deny", "negation"), own), *_pick(("deny", "cancel", "negation"), above)]
    verb_last = candidate.analysis.grammar.language.order == "sov"
    open_ = [cue for cue in own if not done or (verb_last and cue.start >= candidate.hit.start)]
    possible = [*_pick(("possible", "request"), open_), *_pick(("possible", "request"), above)]
    possible.extend(open_cues(candidate, done=done))
    earlier, later = month_cues(candidate, day)
    history = [
        *_pick(("background",), own),
        *(_pick(("background",), above) if candidate.type.engine == "meeting" else ()),
        *_anniversaries(candidate, own),
        *_years(candidate, day),
        *earlier,
        *past_cues(candidate),
    ]
    planned = _pick(("planned", "future_time"), above)
    history.extend(later if done else [])
    if candidate.tense != "past":
        planned = [*_pick(("planned", "future_time"), own), *planned, *later, *week_cues(candidate, day)]
    if position == "after" and candidate.type.engine == "meeting":
        candidate.status = "background" if history else "occurred"
        candidate.cues = history
    elif denied and not (position and candidate.tense == "noun"):
        candidate.status, candidate.cues, candidate.explicit = "denied", denied, True
    elif candidate.status == "possible" or (possible and not position):
        candidate.status, candidate.cues, candidate.explicit = "possible", possible or candidate.cues, True
    elif history or candidate.status == "background":
        candidate.status, candidate.cues, candidate.explicit = "background", history, True
    elif planned or position == "before" or _ahead(candidate):
        explicit = bool(planned) or candidate.tense in ("infinitive", "future")
        candidate.status, candidate.cues, candidate.explicit = "planned", planned, explicit
    else:
        candidate.status = "occurred"
        candidate.explicit |= candidate.type.engine == "meeting" and has_arrived(candidate)


def _claimed(candidate: Candidate, own: list[Cue]) -> list[Cue]:
    """Make what is only said possible, and give the other cues back."""
    claimed = _hearsay(candidate, own)
    if claimed:
        candidate.status, candidate.cues = "possible", claimed
    return [cue for cue in own if cue not in claimed]


def _readily(candidate: Candidate, cue: Cue) -> Cue:
    """Who is ready to deliver has decided to, where the language says it so; who is ready to meet has not."""
    ready = candidate.analysis.grammar.discourse.get("ready")
    return replace(cue, kind="planned") if ready is not None and ready.fullmatch(cue.text) else cue


def _demanded(candidate: Candidate, cues: list[Cue]) -> bool:
    """`urges B not to sell`, `calls on B to stop`: what is denied stands behind a demand."""
    denied = [cue for cue in cues if cue.kind in ("negation", "cancel")]
    if not denied or any(cue.kind == "deny" for cue in cues):
        return False
    first = min(cue.start for cue in denied)
    control = candidate.analysis.grammar.discourse.get("control")
    dependent = candidate.tense == "infinitive"
    if dependent and control is not None:
        before = candidate.analysis.text[: first - candidate.analysis.start]
        if control.search(before):
            return True
    return any(cue.kind == "request" and cue.start < first for cue in cues)


def _hearsay(candidate: Candidate, own: list[Cue]) -> list[Cue]:
    """`allegedly sent`, `soll geliefert haben`: what somebody says of the past, whatever its tense."""
    hearsay = candidate.analysis.grammar.discourse.get("hearsay")
    if hearsay is None:
        return []
    claimed = [cue for cue in own if hearsay.fullmatch(cue.text)]
    units = candidate.analysis.units
    after = units[units.index(candidate.unit) + 1 :][:1]
    plans = [cue for cue in claimed if cue.kind == "planned"]
    if plans and not (after and after[0].low in ("haben", "sein")):
        return [cue for cue in claimed if cue.kind != "planned"]
    return claimed


def _reaches(candidate: Candidate, cue: Cue) -> bool:
    """Whether a cue of the clause speaks of the head.

    What is wished, planned or refused stands before the head. After it a cue counts close by a noun (`summit
    planned`), and
    anywhere where the verb closes the clause (German, Korean), or for times.
    """
    if candidate.analysis.grammar.language.order == "sov" and cue.kind in _OF_VERB and cue.end <= candidate.hit.start:
        return _right_before(candidate, cue)
    if cue.kind == "negation":
        return _negates(candidate, cue)
    if cue.kind not in ("possible", "request", "planned", "cancel", "deny") or cue.start < candidate.hit.start:
        return True
    if (aside := _by_meaning(candidate, cue)) is not None:
        return aside
    language = candidate.analysis.grammar.language
    if language.compounds or language.order == "sov":
        return True
    if cue.kind == "request":
        return False
    between = [unit for unit in candidate.analysis.units if candidate.hit.end <= unit.start and unit.end <= cue.start]
    grammar = candidate.analysis.grammar
    light = grammar.articles | grammar.conjunctions | grammar.fillers | grammar.adpositions.keys()
    content = [unit for unit in between if not unit.cls and unit.low not in light]
    return candidate.tense == "noun" and len(content) <= 4


_OF_VERB = ("negation", "possible", "request", "planned", "cancel", "deny")


def _right_before(candidate: Candidate, cue: Cue) -> bool:
    """Where the verb comes last it says what is denied or planned: a word before the head only where it touches it."""
    endings = candidate.analysis.grammar.language.postpositions
    between = [u for u in candidate.analysis.units if cue.end <= u.start and u.end <= candidate.hit.start]
    content = [unit for unit in between if not unit.cls and unit.low not in endings]
    return len(content) <= (0 if cue.kind == "negation" else 1)


def _by_meaning(candidate: Candidate, cue: Cue) -> bool | None:
    """What leaders agree after a word for their meeting is its result; an approval behind a transfer is that of it."""
    discourse = candidate.analysis.grammar.discourse
    results, passed = discourse.get("results"), discourse.get("passed")
    if candidate.type.engine == "meeting" and results is not None and results.fullmatch(cue.text):
        between = [u for u in candidate.analysis.units if candidate.hit.end <= u.start and u.end <= cue.start]
        return len(between) <= 1 and candidate.tense == "noun" and candidate.analysis.grammar.language.order == "sov"
    if passed is not None and candidate.type.engine == "transfer" and passed.fullmatch(cue.text):
        return True
    return None


def _negates(candidate: Candidate, cue: Cue) -> bool:
    """A negation reaches a head shortly after it, and one shortly before it where a verb may be negated from behind."""
    first, last = (cue.end, candidate.hit.start) if cue.start < candidate.hit.start else (candidate.hit.end, cue.start)
    between = [unit for unit in candidate.analysis.units if first <= unit.start and unit.end <= last]
    if any(unit.kind == "punct" and unit.low in (",", "،", "，") for unit in between):
        return False
    content = sum(not unit.cls for unit in between)
    closing = candidate.analysis.grammar.language.compounds and candidate.tense == "noun"
    return content <= (8 if closing or cue.start < candidate.hit.start else 3)


def _is_head(candidate: Candidate, cue: Cue) -> bool:
    """A cue that is the head itself says nothing (`Besuch geplant` does, `Lieferung` does not); `talks on` is none of
    leaders who talk.
    """
    inside = cue.start >= candidate.hit.word_start and cue.end <= candidate.hit.word_end
    if candidate.type.engine != "meeting":
        return inside
    return inside or cue.start == candidate.hit.word_start or (cue.kind == "possible" and _talks(candidate, cue))


def _talks(candidate: Candidate, cue: Cue) -> bool:
    """`discussed with B at a meeting`: what is only discussed is possible, but not the discussion itself."""
    return any(
        hit.entry.referent.type == candidate.type.name and hit.word_start <= cue.start and cue.end <= hit.word_end
        for unit in candidate.analysis.units
        for hit in unit.triggers
        if isinstance(hit.entry.referent, Trigger)
    )


def _clause_of(analysis: Analysis, cue: Cue) -> int:
    number = 0
    for unit in analysis.units:
        if unit.start > cue.start:
            break
        number = unit.clause
    return number


def _governing_cues(candidate: Candidate, cues: list[Cue]) -> list[Cue]:
    """Cues of the clauses that govern the head's: `he denies that …`, `they agreed … to deliver`."""
    analysis, number = candidate.analysis, candidate.unit.clause
    found: list[Cue] = []
    while (governing := analysis.governing(number)) is not None:
        if analysis.kinds[number] == "relative" or (
            candidate.type.engine == "meeting" and says_when(candidate, number)
        ):
            break
        found.extend(cue for cue in cues if _clause_of(analysis, cue) == governing)
        number = governing
    if told := _after_colon(candidate):
        found.extend(cue for cue in cues if cue.kind in _TOLD and _clause_of(analysis, cue) == told)
    return found


_TOLD = frozenset({"planned", "future_time", "possible", "request", "deny", "cancel"})


def _after_colon(candidate: Candidate) -> int | None:
    """`Meeting with A: B travels to …`: the clause behind the colon of a heading without a verb tells of it."""
    analysis, number = candidate.analysis, candidate.unit.clause
    if candidate.tense != "noun" or number or len(analysis.kinds) < 2 or analysis.kinds[1] != "break":
        return None
    if not any(unit.low.startswith(":") for unit in analysis.clause(1)[:1]):
        return None
    others = (unit for unit in analysis.clause(0) if unit is not candidate.unit)
    if any(hit.entry.tense != "noun" for unit in others for hit in unit.triggers):
        return None
    words = [unit for unit in analysis.clause(1)[1:] if unit.low not in analysis.grammar.articles]
    return 1 if words and words[0].cls and words[0].link in ("", "subject", "bare") else None


def _position(candidate: Candidate) -> str:
    """`after` or `before` where the head is a noun that a word of that kind governs: `after talks with X`, `会谈后`."""
    if candidate.tense != "noun" and not is_gerund(candidate):
        return ""
    if candidate.unit.link in ("in", "at") and candidate.type.engine == "meeting":
        return "during"
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    postposed = candidate.analysis.grammar.language.script in ("han", "hangul")
    for unit in units[head + 1 : head + 2] if postposed else reversed(units[max(0, head - 5) : head]):
        found = _temporal(candidate, unit)
        if found:
            return found
        if unit.kind == "punct" or (unit.trigger is not None and unit.trigger.entry.tense != "noun"):
            break
    return "during" if candidate.trigger.frame == "summit" and candidate.unit.link == "near" else ""


def _ahead(candidate: Candidate) -> bool:
    """Whether the form of the head, or a journey to it, says that it is to come."""
    if candidate.tense == "infinitive":
        return not _has_come(candidate)
    return candidate.tense == "future" or lies_ahead(candidate)


_COME = frozenset(
    {("past", "visit"), ("past", "meet"), ("present", "meet"), ("past", "receive"), ("present", "receive")},
)


def _has_come(candidate: Candidate) -> bool:
    """`met to discuss`, `received X to talk`: who sits there has met, where no word says otherwise."""
    governing = candidate.analysis.governing(candidate.unit.clause)
    return candidate.type.engine == "meeting" and any(
        (hit.entry.tense, getattr(hit.entry.referent, "frame", "")) in _COME
        for number in (candidate.unit.clause, governing)
        if number is not None
        for unit in candidate.analysis.clause(number)
        for hit in unit.triggers
        if unit.end <= candidate.hit.start
    )


def _temporal(candidate: Candidate, unit: Unit) -> str:
    if unit.kind not in ("word", "trigger"):
        return ""
    for kind in ("after", "before"):
        pattern = candidate.analysis.grammar.cues.get(kind)
        if pattern is not None and pattern.fullmatch(unit.low):
            return kind
    return ""


def _anniversaries(candidate: Candidate, own: list[Cue]) -> list[Cue]:
    """`on the anniversary of the summit`: history where the head is the noun that the word governs."""
    if candidate.tense != "noun":
        return []
    return [cue for cue in own if cue.kind == "anniversary" and 0 <= candidate.hit.start - cue.end <= _GOVERNED]


def _years(candidate: Candidate, day: date | None) -> list[Cue]:
    """A year before the article's in the head's clause makes history of it."""
    analysis = candidate.analysis
    found = []
    for match in _YEAR.finditer(analysis.text):
        cue = Cue("background", analysis.start + match.start(), analysis.start + match.end(), match.group())
        if (
            int(match.group(1)) < (day.year if day is not None else _KNOWN)
            and _clause_of(analysis, cue) == candidate.unit.clause
            and not _since(candidate, cue)
            and not _in_name(analysis, cue)
        ):
            found.append(cue)
    return found


def _in_name(analysis: Analysis, year: Cue) -> bool:
    """`Mirage 2000`, `PzH 2000`: a number inside a name is no year."""
    return any(unit.cls and unit.start <= year.start < unit.end for unit in analysis.units)


def _since(candidate: Candidate, year: Cue) -> bool:
    """`the first meeting since 2019`: the year of another meeting."""
    grammar = candidate.analysis.grammar
    before = [unit for unit in candidate.analysis.units if unit.end <= year.start][-1:]
    links = ("from", "with") if grammar.language.script == "cyrillic" else ("from",)
    return candidate.type.engine == "meeting" and any(grammar.adpositions.get(unit.low) in links for unit in before)
