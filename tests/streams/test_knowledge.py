"""The knowledge base: what the tables say on a day and in a language, that they hold no contradictions, and what mistakes in them give."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest

from streams.errors import DefinitionError
from streams.knowledge import (
    Country,
    Knowledge,
    Office,
    Organization,
    Person,
    Place,
    Term,
    Weapon,
    load,
    lookup,
    problems,
)
from streams.knowledge.check import LANGUAGES, exceptions, findings
from streams.knowledge.lookup import folded, holders
from streams.knowledge.tables import TABLES_DIR

TODAY = date(2026, 8, 22)
# what most deliveries in the news are about
MOST_USED_WEAPONS = """
weapon armament military-aid ammunition artillery-ammunition missile ballistic-missile cruise-missile drone
tank armoured-vehicle howitzer rocket-launcher air-defence anti-tank fighter-jet warship submarine
cluster-munition mine leopard-2 abrams himars atacms taurus storm-shadow javelin
stinger patriot iris-t s-300 s-400 iskander shahed-136 bayraktar-tb2 f-16
f-35 rafale gripen mig-29 su-35 kn-23 nuclear-weapon
"""
TABLES = ("countries", "exceptions", "offices", "organizations", "people", "places", "weapons")


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


# what the tables hold


def test_the_tables_hold_no_contradiction(knowledge: Knowledge) -> None:
    assert problems(knowledge) == []


def test_every_exception_is_still_needed(knowledge: Knowledge) -> None:
    assert set(exceptions()) <= {finding.subject for finding in findings(knowledge)}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_says_where_its_facts_are_from(table: str) -> None:
    head = [line for line in (TABLES_DIR / f"{table}.tsv").read_text("utf-8").splitlines() if line.startswith("#")]
    assert any("Apache-2.0" in line for line in head)
    assert "\t" in head[-1]


@pytest.mark.parametrize("table", ["countries", "exceptions", "offices", "places", "weapons"])
def test_a_table_is_sorted_by_its_key(table: str) -> None:
    lines = (TABLES_DIR / f"{table}.tsv").read_text("utf-8").splitlines()
    keys = [line.split("\t")[0] for line in lines if line and not line.startswith("#")]
    assert keys == sorted(keys)


def test_there_is_enough_of_everything(knowledge: Knowledge) -> None:
    leaders = [p for p in knowledge.people.values() if any(t.office.startswith("head_of") for t in p.terms)]
    everywhere = [p for p in leaders if all(p.forms.get(c) or p.family.get(c) for c in ("ru", "uk", "zh", "ar", "ko"))]
    assert len(knowledge.countries) >= 197
    assert len(leaders) >= 1500
    assert len(everywhere) >= 400
    assert len(knowledge.weapons) >= 300
    assert len(knowledge.organizations) >= 200


@pytest.mark.parametrize("language", ["de", "en"])
def test_nearly_every_state_has_an_adjective(knowledge: Knowledge, language: str) -> None:
    without = {iso for iso, country in knowledge.countries.items() if not country.adjectives.get(language)}
    assert without <= {"CG", "DM", "KI", "KN", "LC", "LI", "SB", "ST", "VA", "VC"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_most_used_weapons_have_a_name_in_every_language(knowledge: Knowledge, language: str) -> None:
    wanted = MOST_USED_WEAPONS.split()
    latin = ("*",) if language in ("de", "en", "fr", "es") else ()
    missing = [key for key in wanted if not any(knowledge.weapons[key].forms.get(code) for code in (language, *latin))]
    assert missing == []


@pytest.mark.parametrize(
    ("weapon", "above"),
    [
        ("artillery-ammunition", ["ammunition", "weapon"]),
        ("taurus", ["cruise-missile", "missile", "weapon"]),
        ("leopard-2", ["tank", "armoured-vehicle", "weapon"]),
        ("shahed-136", ["drone", "weapon"]),
        ("stinger", ["manpads", "air-defence", "weapon"]),
    ],
)
def test_weapons_stand_under_their_classes(knowledge: Knowledge, weapon: str, above: list[str]) -> None:
    chain = []
    parent = knowledge.weapons[weapon].parent
    while parent:
        chain.append(parent)
        parent = knowledge.weapons[parent].parent
    assert chain == above


def test_larger_exporters_rank_before_smaller_ones(knowledge: Knowledge) -> None:
    ranks = [knowledge.countries[iso].exporter_rank for iso in ("US", "DE", "KP")]
    assert ranks[0] == 1
    assert ranks == sorted(ranks, key=lambda rank: rank or 999)
    assert knowledge.countries["TO"].exporter_rank is None


# who was in office when


@pytest.mark.parametrize(
    ("country", "office", "day", "name"),
    [
        ("DE", "head_of_government", date(2005, 6, 1), "Gerhard Schröder"),
        ("DE", "head_of_government", date(2005, 12, 1), "Angela Merkel"),
        ("DE", "head_of_government", date(2021, 12, 20), "Olaf Scholz"),
        ("DE", "head_of_government", date(2025, 6, 1), "Friedrich Merz"),
        ("US", "head_of_state", date(2020, 6, 1), "Donald Trump"),
        ("US", "head_of_state", date(2021, 6, 1), "Joe Biden"),
        ("US", "head_of_state", date(2025, 6, 1), "Donald Trump"),
        ("RU", "head_of_state", date(2010, 5, 1), "Dmitry Medvedev"),
        ("RU", "head_of_government", date(2010, 5, 1), "Vladimir Putin"),
        ("UA", "head_of_state", date(2014, 3, 1), "Oleksandr Turchynov"),
        ("GB", "head_of_government", date(2022, 9, 20), "Liz Truss"),
        ("GB", "head_of_state", date(2022, 9, 20), "Charles III"),
        ("KP", "head_of_state", date(2005, 1, 1), "Kim Jong-il"),
        ("IR", "head_of_state", date(2020, 1, 1), "Ali Khamenei"),
        ("IR", "head_of_government", date(2020, 1, 1), "Hassan Rouhani"),
        ("SA", "head_of_government", date(2023, 1, 1), "Mohammed bin Salman"),
        ("JP", "head_of_government", date(2007, 10, 1), "Yasuo Fukuda"),
        ("CH", "head_of_state", date(2011, 6, 1), "Micheline Calmy-Rey"),
        ("VA", "head_of_state", date(2025, 6, 1), "Pope Leo XIV"),
        ("TV", "head_of_government", date(2015, 1, 1), "Enele Sopoaga"),
        ("US", "foreign_minister", date(2013, 3, 1), "John Kerry"),
        ("RU", "defence_minister", date(2023, 1, 1), "Sergei Shoigu"),
    ],
)
def test_the_holder_of_an_office_on_a_day(
    knowledge: Knowledge, country: str, office: str, day: date, name: str
) -> None:
    assert [person.name for person in holders(knowledge, country, office, day)] == [name]


@pytest.mark.parametrize(
    ("key", "day", "office"),
    [
        ("Q7747", date(2005, 1, 1), "head_of_state"),
        ("Q7747", date(2009, 1, 1), "head_of_government"),
        ("Q22686", date(2023, 1, 1), None),
        ("Q57792", date(2020, 1, 1), "head_of_government"),
        ("Q57792", date(2025, 1, 1), "organization_head"),
        ("Q6279", date(2012, 1, 1), "vice_president"),
    ],
)
def test_the_office_of_a_person_on_a_day(knowledge: Knowledge, key: str, day: date, office: str | None) -> None:
    term = knowledge.people[key].term_on(day)
    assert (term.office if term else None) == office


def test_on_the_day_of_handover_both_hold_the_office(knowledge: Knowledge) -> None:
    names = {person.name for person in holders(knowledge, "US", "head_of_state", date(2021, 1, 20))}
    assert names == {"Donald Trump", "Joe Biden"}


def test_the_highest_office_counts_whatever_the_order_of_the_terms() -> None:
    minister = Term("FR", "foreign_minister", date(2000, 1, 1))
    chief = Term("FR", "head_of_government", date(2000, 1, 1))
    assert Person("x", "X", (minister, chief), {}).term_on(date(2001, 1, 1)) == chief


# looking a name up


@pytest.mark.parametrize(
    ("name", "table", "key"),
    [
        ("Selenskyj", "people", "Q3874799"),
        ("Zelensky", "people", "Q3874799"),
        ("ZELENSKIY", "people", "Q3874799"),
        ("Зеленский", "people", "Q3874799"),
        ("Зеленський", "people", "Q3874799"),
        ("زيلينسكي", "people", "Q3874799"),
        ("泽连斯基", "people", "Q3874799"),
        ("젤렌스키", "people", "Q3874799"),
        ("Wladimir Putin", "people", "Q7747"),
        ("Vladimir Poutine", "people", "Q7747"),
        ("Kim Jong Un", "people", "Q56226"),
        ("金正恩", "people", "Q56226"),
        ("Erdogan", "people", "Q39259"),
        ("Лукашенко", "people", "Q2866"),
        ("Loukachenko", "people", "Q2866"),
        ("Q7747", "people", "Q7747"),
        ("Nordkorea", "countries", "Q423"),
        ("КНДР", "countries", "Q423"),
        ("북한", "countries", "Q423"),
        ("朝鲜", "countries", "Q423"),
        ("Großbritannien", "countries", "Q145"),
        ("U.S.", "countries", "Q30"),
        ("Weißes Haus", "places", "white-house"),
        ("الكرملين", "places", "kremlin"),
        ("青瓦台", "places", "blue-house"),
        ("OTAN", "organizations", "Q7184"),
        ("داعش", "organizations", "tocsin:islamic-state"),
        ("Storm Shadow", "weapons", "storm-shadow"),
        ("포탄", "weapons", "artillery-ammunition"),
        ("Bundeskanzlerin", "offices", "bundeskanzler"),
        ("美国总统", "offices", "us-praesident"),
    ],
)
def test_a_name_is_found_in_every_script(knowledge: Knowledge, name: str, table: str, key: str) -> None:
    found = [match.id for match in lookup(knowledge, name, TODAY) if match.table == table]
    assert found == [key]


def test_a_family_name_in_two_offices_gives_the_one_in_office_first(knowledge: Knowledge) -> None:
    then = lookup(knowledge, "Alijew", date(2001, 1, 1))
    now = lookup(knowledge, "Alijew", TODAY)
    assert [match.name for match in then] == ["Heydar Aliyev", "Ilham Aliyev"]
    assert [match.name for match in now] == ["Ilham Aliyev", "Heydar Aliyev"]
    assert now[0].term is not None
    assert now[0].country == "AZ"
    assert now[1].term is None


def test_a_match_says_which_part_in_which_language(knowledge: Knowledge) -> None:
    (match,) = lookup(knowledge, "russisch", TODAY)
    assert (match.part, match.languages, match.form, match.country) == ("adjective", ("de",), "russisch", "RU")


@pytest.mark.parametrize("name", ["", "  ", "nobody of that name"])
def test_an_unknown_name_gives_nothing(knowledge: Knowledge, name: str) -> None:
    assert lookup(knowledge, name, TODAY) == []


def test_a_relative_is_somebody_without_an_office(knowledge: Knowledge) -> None:
    (match,) = lookup(knowledge, "Hunter Biden", TODAY)
    assert match.term is None
    assert knowledge.people[match.id].terms == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Erdoğan", "erdogan"), ("Weißes  Haus", "weisses haus"), ("O’Neill", "o'neill"), ("ＮＡＴＯ", "nato")],
)
def test_names_are_compared_without_case_accents_and_kinds_of_apostrophe(text: str, expected: str) -> None:
    assert folded(text) == expected


# an operator's own folder


def write(folder: Path, **tables: str) -> Path:
    for name, text in tables.items():
        (folder / "knowledge").mkdir(exist_ok=True)
        (folder / "knowledge" / f"{name}.tsv").write_text(text, "utf-8")
    return folder


def test_rows_of_an_operator_are_added_and_replace_ours(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        people="acme:x\tAda Example\tFR head_of_state 2030..\tru=Ада Экзампл\n",
        weapons="taurus\tTaurus mark two\tmodel\tcruise-missile\t\tDE\tde=Taurus Zwei\n",
    )
    knowledge = load(folder)
    assert knowledge.people["acme:x"].terms == (Term("FR", "head_of_state", date(2030, 1, 1)),)
    assert knowledge.people["acme:x"].forms == {"*": ("Ada Example",), "ru": ("Ада Экзампл",)}
    assert knowledge.weapons["taurus"].forms == {"de": ("Taurus Zwei",)}
    assert "Q7747" in knowledge.people


def test_all_mistakes_come_at_once_with_file_and_line(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        people="# a comment\n\nacme:x\tAda Example\tXX head_of_state 2030..\nacme:y\t\tFR king 2001..\n",
        weapons="acme-gun\tgun\tcannon\tnowhere\tmaybe\tDE\tde=Gun\n",
        countries="france\tQ142\tFrance\tde=Frankreich\n",
    )
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    told = [str(problem).removeprefix(f"{tmp_path}/knowledge/") for problem in caught.value.problems]
    assert [line.split(": ", 1)[0].rsplit(":", 1)[0] for line in told] == [
        "countries.tsv:1", "people.tsv:3", "people.tsv:4", "people.tsv:4", "weapons.tsv:1", "weapons.tsv:1", "weapons.tsv:1"
    ]  # fmt: skip
    text = str(caught.value)
    for part in ("two capital letters", "'XX'", "'king'", "'cannon'", "'nowhere'", "neither yes nor no"):
        assert part in text


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("acme:x\tX\tFR head_of_state\n", "COUNTRY OFFICE FROM..TO"),
        ("acme:x\tX\tFR head_of_state 2001-02-30..\n", "a date that does not exist"),
        ("acme:x\tX\tFR head_of_state 2001-13..2002\n", "a date that does not exist"),
        ("acme:x\tX\tFR head_of_state 2001..0000\n", "a date that does not exist"),
        ("acme:x\tX\tFR head_of_state 2005..2001\n", "ends before it begins"),
        ("acme:x\tX\t\tde\n", "language=form|form"),
        ("acme:x\tX\t\tDE=Form\n", "language=form|form"),
        ("acme:x\tX\t\tde=A; de=B\n", "stands here twice"),
        ("acme:x\tX\t\tde=A||B\n", "an empty form"),
        ("acme:x\tX\t\tde=A|A\n", "a form stands twice"),
        ("acme:x\tX\t\t\t\tallemand\n", "no language code"),
        ("acme:x\tX\t\t\t\t\tmore\n", "7 cells"),
        ("acme:x\tX\nacme:x\tY\n", "stands in line 1 too"),
        ("\tX\n", "a value is wanted"),
    ],
)
def test_a_mistake_in_a_row_is_named(tmp_path: Path, row: str, part: str) -> None:
    with pytest.raises(DefinitionError, match=r"people\.tsv") as caught:
        load(write(tmp_path, people=row))
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("table", "row", "part"),
    [
        ("weapons", "a\tA\tmodel\tb\t\t\tde=A\nb\tB\tmodel\ta\t\t\tde=B\n", "leads back to itself"),
        ("weapons", "a\tA\tmodel\tweapon\t\tQQ\tde=A\n", "'QQ' is not in the table of countries"),
        ("places", "a\tA\tFR\tharbour\tyes\tde=A\n", "'harbour' is unknown"),
        ("organizations", "a\tA\tclub\tFR\tde=A\n", "'club' is unknown"),
        ("offices", "a\tFR\tking\tde=A\n", "'king' is unknown"),
        ("countries", "FR\tQ142\tFrance\tde=F\t\t\t\t\t0\n", "no whole number above zero"),
    ],
)
def test_a_mistake_in_another_table_is_named(tmp_path: Path, table: str, row: str, part: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(write(tmp_path, **{table: row}))
    assert part in str(caught.value)


def test_a_folder_that_is_not_there_and_bytes_that_are_no_text_are_mistakes(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="no folder of definitions"):
        load(tmp_path / "absent")
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "people.tsv").write_bytes(b"acme:x\t\xff\n")
    with pytest.raises(DefinitionError, match="not UTF-8"):
        load(tmp_path)


def test_a_mistake_points_at_its_cell(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(write(tmp_path, people="acme:x\tX\tFR king 2001..\n"))
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (1, 10)


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [
        ("2001..2003", date(2001, 1, 1), date(2003, 12, 31)),
        ("2001-02..2004-02", date(2001, 2, 1), date(2004, 2, 29)),
        ("2001-02-03..2004-05-06", date(2001, 2, 3), date(2004, 5, 6)),
        ("2001-02-03..", date(2001, 2, 3), None),
    ],
)
def test_a_year_or_month_alone_means_all_of_it(tmp_path: Path, span: str, start: date, end: date | None) -> None:
    knowledge = load(write(tmp_path, people=f"acme:x\tX\tFR head_of_state {span}\n"))
    assert knowledge.people["acme:x"].terms == (Term("FR", "head_of_state", start, end),)


# what the check finds


def leader(key: str, *terms: tuple[str, date, date | None], **more: object) -> Person:
    held = tuple(Term("FR", office, start, end) for office, start, end in terms)
    return Person(key, key.title(), held, {"*": (key.title(),)}, **more)  # type: ignore[arg-type]


ONE = leader("one", ("head_of_state", date(2001, 1, 1), date(2005, 1, 1)))
NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({code: (f"Frankreich{code}",) for code in LANGUAGES})
FRANCE = Country("FR", "Q142", "France", NAMES)


def world(*people: Person, **tables: object) -> Knowledge:
    head = leader("now", ("head_of_government", date(2000, 1, 1), None))
    countries = {"FR": FRANCE, **dict(tables.pop("countries", {}))}  # type: ignore[call-overload]
    return Knowledge(people={p.id: p for p in (*people, head)}, countries=countries, **tables)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (
            lambda: world(ONE, leader("two", ("head_of_state", date(2004, 12, 31), None))),
            "FR has two at once as head_of_state: One until 2005-01-01 and Two from 2004-12-31",
        ),
        (
            lambda: world(ONE, leader("two", ("head_of_state", date(2005, 6, 1), None))),
            "FR has nobody as head_of_state from 2005-01-01 (One) to 2005-06-01 (Two)",
        ),
        (
            lambda: world(
                leader(
                    "one",
                    ("head_of_state", date(2001, 1, 1), date(2005, 1, 1)),
                    ("head_of_state", date(2004, 1, 1), None),
                )
            ),
            "One (one) has two terms as head_of_state of FR that overlap in 2004-01-01",
        ),
        (
            lambda: world(Person("a", "Ada Example", (), {"*": ("Ada Example",)}), Person("b", "B", (), {"de": ("ADA Éxample",)})),
            "the full name 'Ada Example' stands under several ids: a, b",
        ),
        (lambda: world(leader("one", ("emperor", date(2001, 1, 1), None))), "One (one) has an unknown office emperor"),
        (
            lambda: world(countries={"DE": Country("DE", "Q183", "Germany", NAMES | {"ko": ()})}),
            "Germany (DE) has no name in: ko",
        ),
        (
            lambda: world(countries={"DE": Country("DE", "Q183", "Germany", {c: (f"D{c}",) for c in LANGUAGES})}),
            "Germany (DE) has neither a head of state nor of government now",
        ),
        (
            lambda: world(
                leader("one", ("head_of_state", date(2001, 1, 1), None), family={"*": ("Stone",)}),
                leader("two", ("foreign_minister", date(2004, 1, 1), None), family={"en": ("Stone",)}),
            ),
            "'stone' (en) means two things without a mark: One (one) and Two (two)",
        ),
        (
            lambda: world(
                leader("one", ("head_of_state", date(2001, 1, 1), None), family={"de": ("Haubitze",)}),
                weapons={"gun": Weapon("gun", "gun", "generic", {"de": ("Haubitze",)})},
            ),
            "'haubitze' (de) means two things without a mark: One (one) and the weapon gun",
        ),
        (
            lambda: world(
                places={"p": Place("p", "Paris", "FR", "capital", {"en": ("Paris",)})},
                organizations={"o": Organization("o", "O", "agency", {"*": ("PARIS",)})},
            ),
            "'paris' (en) means two things without a mark: the place Paris and the organization O",
        ),
    ],
)  # fmt: skip
def test_a_contradiction_is_found(make: Callable[[], Knowledge], part: str) -> None:
    assert part in problems(make())


@pytest.mark.parametrize(
    "make",
    [
        lambda: world(ONE, leader("two", ("head_of_state", date(2005, 1, 1), None))),
        lambda: world(ONE, leader("two", ("head_of_state", date(2005, 3, 1), None))),
        lambda: world(ONE, leader("two", ("foreign_minister", date(2003, 1, 1), None))),
        lambda: world(
            leader("old", ("head_of_state", date(1950, 1, 1), date(1955, 1, 1))),
            leader("new", ("head_of_state", date(2000, 2, 1), None)),
        ),
        lambda: world(
            leader("one", ("head_of_state", date(2001, 1, 1), date(2005, 1, 1)), family={"*": ("Stone",)}),
            leader("two", ("head_of_state", date(2005, 1, 1), None), family={"*": ("Stone",)}),
        ),
        lambda: world(
            leader("one", ("head_of_state", date(2001, 1, 1), None), family={"*": ("Stone",)}),
            leader(
                "two",
                ("foreign_minister", date(2001, 1, 1), None),
                family={"*": ("Stone",)},
                needs_title=frozenset({"*"}),
            ),
        ),
        lambda: world(
            weapons={
                "a": Weapon("a", "a", "generic", {"en": ("tank",)}),
                "b": Weapon("b", "b", "generic", {"en": ("tank",)}, ambiguous=True),
            }
        ),
        lambda: world(
            places={"p": Place("p", "P", "FR", "capital", {"de": ("Frankreichde",)})},
            offices={"o": Office("o", "FR", "head_of_state", {"de": ("Frankreichde",)})},
        ),
    ],
)
def test_what_is_marked_or_follows_in_time_is_no_contradiction(make: Callable[[], Knowledge]) -> None:
    assert problems(make()) == []


def test_an_exception_needs_a_reason(tmp_path: Path) -> None:
    (tmp_path / "exceptions.tsv").write_text("unled FR\t\n", "utf-8")
    with pytest.raises(DefinitionError, match="reason"):
        exceptions(tmp_path / "exceptions.tsv")
