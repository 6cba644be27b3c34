"""A trained spaCy pipeline as an operator would name it: here a small one, trained in the test."""

import random
from pathlib import Path

import pytest
import spacy
from spacy.training import Example

from streams.detection.text import TrainedPipeline
from streams.detector import Detector
from streams.errors import UsageError
from streams.messages import Article

PEOPLE = ("Anna Lindqvist", "Bram Okafor", "Carla Weiss", "Dara Quinn")
FIRMS = ("Nordwerk Group", "Halden Works", "Oberon Labs", "Kestrel Holdings")


def _examples(pipeline: spacy.language.Language) -> list[Example]:
    """Sentences of four words or more of one shape: SUBJECT praised OBJECT."""
    found = []
    for person in PEOPLE:
        for firm in FIRMS:
            for first, second in ((person, firm), (firm, person)):
                document = pipeline.make_doc(f"{first} praised {second}")
                kind = {person: "PERSON", firm: "ORG"}
                spans = [(0, len(first), kind[first]), (len(first) + 9, len(document.text), kind[second])]
                heads, deps = [1, 2, 2, 4, 2], ["compound", "nsubj", "ROOT", "compound", "obj"]
                found.append(Example.from_dict(document, {"entities": spans, "heads": heads, "deps": deps}))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline of a name finder and a parser, trained on some thirty sentences and saved."""
    pipeline = spacy.blank("en")
    pipeline.add_pipe("ner")
    pipeline.add_pipe("parser", config={"min_action_freq": 1})
    examples = _examples(pipeline)
    spacy.util.fix_random_seed(3)
    optimizer = pipeline.initialize(lambda: examples)
    order = random.Random(3)
    for _ in range(30):
        order.shuffle(examples)
        pipeline.update(examples, sgd=optimizer)
    path = tmp_path_factory.mktemp("pipeline") / "en_small"
    pipeline.to_disk(path)
    return path


def test_names_and_arguments_are_in_the_offsets_of_the_text(folder: Path) -> None:
    text = "Carla Weiss praised Oberon Labs"
    parsed = TrainedPipeline("en", str(folder)).parse(text)
    assert {(text[start:end], kind) for start, end, kind in parsed.names} == {
        ("Carla Weiss", "person"),
        ("Oberon Labs", "organization"),
    }
    assert {(text[start:end], link) for start, end, link in parsed.arguments} == {
        ("Weiss", "subject"),
        ("Labs", "object"),
    }


def test_names_that_no_table_holds_are_mentioned_and_known_ones_keep_their_ids(folder: Path) -> None:
    article = Article(text="Angela Merkel praised Oberon Labs", language="en")
    without = Detector(languages=("en",)).detect(article).mentions
    with_pipeline = Detector(languages=("en",), pipelines={"en": str(folder)}).detect(article).mentions
    assert [(mention.text, mention.entity) for mention in without] == [("Angela Merkel", "Q567")]
    assert [(mention.text, mention.kind, mention.entity) for mention in with_pipeline] == [
        ("Angela Merkel", "person", "Q567"),
        ("Oberon Labs", "organization", None),
    ]
    assert all(article.text[mention.start : mention.end] == mention.text for mention in with_pipeline)


OWN_TYPE = """
type: praise
roles:
  praised: {fill: [country], links: [object]}
  critic: {fill: [country], links: [subject]}
triggers:
  en:
    praise: {past: [praised]}
examples:
  hit: {en: ["Hungary praised Austria."]}
"""


def test_the_parser_tells_subject_from_object_where_the_order_of_words_does_not(tmp_path: Path) -> None:
    """The rules take what stands first for the subject; a parser that was taught the reverse order knows better."""
    pipeline = spacy.blank("en")
    pipeline.add_pipe("parser", config={"min_action_freq": 1})
    examples = [
        Example.from_dict(
            pipeline.make_doc(f"{first} praised {second}"), {"heads": [1, 1, 1], "deps": ["obj", "ROOT", "nsubj"]}
        )
        for first in ("Hungary", "Austria", "Poland")
        for second in ("Hungary", "Austria", "Poland")
    ]
    spacy.util.fix_random_seed(3)
    optimizer = pipeline.initialize(lambda: examples)
    for _ in range(12):
        pipeline.update(examples, sgd=optimizer)
    pipeline.to_disk(tmp_path / "en_reversed")
    (tmp_path / "event_types").mkdir()
    (tmp_path / "event_types" / "praise.yaml").write_text(OWN_TYPE)
    article = Article(text="Hungary praised Austria", language="en")
    found = {}
    for name, pipelines in (("rules", {}), ("parser", {"en": str(tmp_path / "en_reversed")})):
        detector = Detector(languages=("en",), definitions=tmp_path, pipelines=pipelines)
        (event,) = detector.detect(article).events
        found[name] = {role: [filler.country for filler in fillers] for role, fillers in event.roles.items()}
    assert found["rules"] == {"praised": ["AT"], "critic": ["HU"]}
    assert found["parser"] == {"praised": ["HU"], "critic": ["AT"]}


@pytest.mark.parametrize(
    ("pipelines", "message"),
    [
        (
            {"en": "no_such_pipeline"},
            r"detect\.pipelines: en: 'no_such_pipeline' is neither an installed spaCy pipeline",
        ),
        ({"fr": "any"}, r"detect\.pipelines: 'fr' is none of detect\.languages \(en\)"),
    ],
)
def test_a_pipeline_that_is_not_there_is_named(pipelines: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Detector(languages=("en",), pipelines=pipelines)
