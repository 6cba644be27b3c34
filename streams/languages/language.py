"""The shape of a language: everything that detection must know about how it works, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LINKS = (
    "to",
    "from",
    "with",
    "between",
    "by",
    "in",
    "of",
    "for",
    "about",
    "at",
    "against",
    "near",
    "made",
    "subject",
    "bare",
    "object",
)
"""What ties a name to its verb or noun, whatever the language ties with: a preposition, a case, a particle, a
prefix.
"""

TITLE_KINDS = (
    "leader",
    "minister",
    "deputy",
    "envoy",
    "former",
    "elect",
    "party",
    "subnational",
    "body",
    "other",
    "plural",
)
"""What a title makes of its bearer. Only `leader` (and `plural`: leaders of several states) takes part in a leaders'
meeting.
"""

CUE_KINDS = (
    "negation", "cancel", "deny", "possible", "request", "planned", "future_time", "background", "call", "after",
    "before",
    "report", "official", "neutral", "anniversary",
)  # fmt: skip
"""What a word says about whether an event happened; `neutral` words hold a cue inside and say nothing (not only, at the
invitation of); an `anniversary` makes history of the noun that it governs. See `streams.detection.status` for the order
in which they decide.
"""

MARKER_KINDS = ("former", "elect", "deputy", "relative", "groups", "regions", "summits")
"""Words beside a title or name: `former` president, president `elect`, `deputy`; `relative` (wife, lawyer, statue)
turns a name
into somebody else; `regions` (lands and provinces); `groups` (leaders of several states without their names: "world
leaders"); `summits` (meetings that only leaders hold, so that states beside them stand for their leaders).
"""

DISCOURSE_KINDS = (
    "disavow", "anaphor", "hearsay", "attribution", "contents", "control", "holding", "numerals", "occasion", "court",
    "attitude", "condition", "border", "agreement", "backshift", "pluperfect", "ready",
    "threat", "suspicion", "whereabouts",
    "multilateral", "plain_summit", "convened", "attending", "venue",
    "abroad", "errand", "moment", "perhaps", "results", "passed",
    "course", "coming", "lacking", "ties", "briefly", "markets", "shortly", "today", "gone",
    "awaited", "under_way", "perfect", "programme",
)  # fmt: skip
"""Words that tie statements together: `disavow` and `anaphor` (who is accused denies it), `hearsay` (what is only
said), `attribution` (who is quoted), `contents` (what a package holds), `control` (who is urged or accused would act),
`holding` (leaders hold talks), `numerals` (numbers above one in words),
`occasion` (what follows is only why something else happens: because of, after), `court` (trials and memorials: told as
history), `attitude` (comment on what others do), `condition` (what would have to be), `border` (what `to` a country
only leads along), `agreement` (two sides agree on what one delivers), `backshift` (would: the future after a word of
saying), `pluperfect` (auxiliaries of what came before), `ready` (who is ready to deliver has
decided to), `threat` (what is feared, warned of or threatened),
`suspicion` (who did it is in doubt, not that it was done),
`whereabouts` (begins a clause that only tells of a place),
`multilateral` (what makes a summit one of several states), `plain_summit` (what may stand before the word
for a summit of leaders), `convened` (a summit opens, is held, ends), `attending` (leaders come to it or host it),
`venue` (rooms and grounds where leaders sit together: palace, residence, airport),
`abroad` (parts of the world), `errand` (what leaders travel for besides meeting leaders), `moment` (a clause that only
says when), `perhaps` (doubt about what a finite verb tells), `results` (what is
agreed at a meeting), `passed` (an approval behind what it approves), `course` (a meeting begins, goes on, ends),
`coming` (what says of a meeting that it lies ahead),
`lacking` (no, without: of the noun that follows), `ties` (prepositions of verbs of meeting), `briefly` (how or when
somebody is in a place), `markets` (talk of money, in which a group's meeting is one of ministers),
`shortly` (times that lie ahead beside a present: this week), `today` (so only beside a
noun), `gone` (makes a weekday one of the past: last),
`awaited` (what is hoped for or needed), `under_way` (verbs of the present that a meeting goes with: is held, opens),
`perfect` (auxiliaries beside a participle that looks like a present), `programme` (verbs with what a
journey is to bring: includes). A
language may
do without them.
"""

CLAUSE_KINDS = ("subordinator", "relative", "coordinator", "purpose")


@dataclass(frozen=True, slots=True)
class Paradigm:
    """Endings of one inflection class: words ending in `ending` lose it and take one of `cases` (ending → link)."""

    ending: str
    cases: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Title:
    """A word for an office without its country. `office` as in knowledge.Term, where the word says which.

    `country` is the state that is meant where none is named (the Pope; in German the Kanzler).
    """

    form: str
    kind: str
    office: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Language:
    """One language. Forms are written as in a dictionary and folded when compiled.

    `compound` maps nouns that make an adposition with `of` or the genitive (en présence de, в честь) to their link.
    `combining` maps first parts of adjectives to their state (franco-allemand): they count with a hyphen only.
    In lists of forms `~` at an end stands for any letters of the same word, a blank for a blank, `…` for up to six
    words.
    `weekdays` begin with Monday; further forms follow by sevens in the same order.
    """

    code: str
    name: str
    script: str
    order: str = "svo"
    capitals: bool = True
    nouns_capital: bool = False
    compounds: bool = False
    adjective_after: bool = False
    name_before_title: bool = False
    articles: frozenset[str] = frozenset()
    dative_articles: frozenset[str] = frozenset()
    genitive_articles: frozenset[str] = frozenset()
    adpositions: Mapping[str, str] = field(default_factory=dict)
    postpositions: Mapping[str, str] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    paradigms: Mapping[str, tuple[Paradigm, ...]] = field(default_factory=dict)
    possessive: tuple[str, ...] = ()
    conjunctions: frozenset[str] = frozenset()
    titles: tuple[Title, ...] = ()
    markers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pronouns: frozenset[str] = frozenset()
    plural_pronouns: frozenset[str] = frozenset()
    fillers: frozenset[str] = frozenset()
    name_particles: frozenset[str] = frozenset()
    cues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clauses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    discourse: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    passive: tuple[str, ...] = ()
    infinitive: tuple[str, ...] = ()
    abbreviations: frozenset[str] = frozenset()
    kept_letters: str = ""
    dropped_letters: str = ""
    sides: Mapping[str, str] = field(default_factory=dict)
    compound: Mapping[str, str] = field(default_factory=dict)
    combining: Mapping[str, str] = field(default_factory=dict)
    months: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    masculine: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    forces: tuple[str, ...] = ()
    rebels: tuple[str, ...] = ()
