"""The commands about rules and alerts, as a person and a script meet them."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.cli import run
from streams.messages import Annotated, encode
from tests.factories import SENTENCE, an_annotated, an_event

RULES = """
[[rule]]
name = "Leaders meet"
query = 'event:leader_meeting AND NOT status:denied'
severity = "high"
notify = ["mail:desk@example.org"]

[[rule]]
name = "Kim"
query = "title:Kim"
"""
WRONG = "[[rule]]\nname = 'A'\nquery = '''\na AND (b\n'''\nnotify = ['desk']\n\n[[rule]]\nquery = 'a'\n"
KIM = an_annotated("Kim will treffen", SENTENCE, language="de", events=(an_event(),))


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


@dataclass
class Shell:
    """Runs `tocsin` in a folder of its own."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Done:
        self.capture.readouterr()
        status = run(["--data-dir", str(self.folder / "data"), *arguments])
        captured = self.capture.readouterr()
        return Done(status, captured.out, captured.err)

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture
def tocsin(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


@pytest.fixture
def piped(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Pipe":
    monkeypatch.chdir(tmp_path)
    return Pipe(tmp_path)


@dataclass
class Pipe:
    """Runs `tocsin match` as a process of its own, with something on its standard input."""

    folder: Path

    def __call__(self, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-c", "import deploy.cli; deploy.cli.main()", *arguments]
        return subprocess.run(command, input=given, capture_output=True, cwd=self.folder, timeout=60, check=False)


def lines(*articles: Annotated) -> bytes:
    return b"".join(encode(article) + b"\n" for article in articles)


def test_match_prints_one_alert_a_line_for_each_rule_that_is_met(piped: Pipe) -> None:
    (piped.folder / "rules.toml").write_text(RULES)
    done = piped("match", "--rules", "rules.toml", given=lines(KIM, an_annotated("Xi"), an_annotated("Kim", id="ar_2")))
    assert (done.returncode, done.stderr) == (0, b"")
    alerts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(a["rule"]["name"], a["article"]["id"]) for a in alerts] == [
        ("Leaders meet", "ar_1"),
        ("Kim", "ar_1"),
        ("Kim", "ar_2"),
    ]
    assert set(alerts[0]) == {"id", "rule", "article", "events", "matched", "latency"}
    assert alerts[0]["rule"]["severity"] == "high"
    assert alerts[0]["events"][0]["type"] == "leader_meeting"
    assert alerts[0]["matched"][0]["text"] == "treffen"


def test_match_reports_a_line_that_it_cannot_read_and_goes_on(piped: Pipe) -> None:
    (piped.folder / "rules.toml").write_text(RULES)
    (piped.folder / "in.jsonl").write_bytes(b"{bad\n" + lines(KIM) + b'[1]\n{"title": "Kim"}\n')
    done = piped("match", "--rules", "rules.toml", "in.jsonl")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert [json.loads(line)["line"] for line in done.stderr.splitlines()] == [1, 3]


def test_match_prints_before_the_last_line_has_come_in(piped: Pipe) -> None:
    (piped.folder / "rules.toml").write_text(RULES)
    command = [sys.executable, "-c", "import deploy.cli; deploy.cli.main()", "match", "--rules", "rules.toml", "-"]
    with subprocess.Popen(
        command, cwd=piped.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(lines(KIM))
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["rule"]["name"] == "Leaders meet"
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_match_reads_several_files_of_rules_and_those_of_the_settings(tocsin: Shell) -> None:
    tocsin.file("tocsin.toml", '[rules]\nfiles = ["rules.toml"]\n')
    tocsin.file("rules.toml", RULES)
    tocsin.file("more.toml", "[[rule]]\nname = 'Xi'\nquery = 'Xi'\n")
    source = tocsin.file("in.jsonl", "")
    assert tocsin("match", source).status == 0
    assert tocsin("match", "--rules", "rules.toml", "--rules", "more.toml", source).status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("match",), "there are no rules; name a file with --rules"),
        (("match", "--rules", "none.toml"), "none.toml: cannot be read (No such file or directory)"),
        (("rules", "check"), "name a rules file, or set rules.files"),
        (("rules", "check", "--rules", "x"), "No such option"),
        (("rules", "add"), "name a rules file, or a rule with --name and --query"),
        (("rules", "add", "--name", "A"), "--query is missing"),
        (("rules", "add", "--query", "a"), "--name is missing"),
        (("rules", "add", "x.toml", "--query", "a"), "name a rules file, or a rule"),
        (("rules", "remove"), "Missing argument"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(tocsin: Shell, arguments: tuple[str, ...], said: str) -> None:
    done = tocsin(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("tocsin: ")
    assert len(done.err.splitlines()) == 1
    assert said in done.err


def test_rules_with_mistakes_refuse_to_match_with_all_of_them(tocsin: Shell) -> None:
    done = tocsin("match", "--rules", tocsin.file("rules.toml", WRONG), tocsin.file("in.jsonl", ""))
    assert done.status == 2
    assert [line.split(": ")[1].removeprefix(str(tocsin.folder)) for line in done.err.splitlines()] == [
        "/rules.toml:4:7",
        "/rules.toml:6:10",
        "/rules.toml:8:1",
    ]


def test_check_shows_each_mistake_in_its_line(tocsin: Shell) -> None:
    done = tocsin("rules", "check", tocsin.file("rules.toml", WRONG))
    assert done.status == 1
    path = tocsin.folder / "rules.toml"
    assert done.out == (
        f"{path}:4:7: query: this bracket is never closed; expected ) before the end\n"
        "    a AND (b\n"
        "          ^\n"
        f"{path}:6:10: notify: there is no channel 'desk'; define it with [[channel]], or write mail:name@example.org\n"
        "    notify = ['desk']\n"
        "             ^\n"
        f'{path}:8:1: the rule has no name; expected text, for example name = "Leaders meet"\n'
        "    [[rule]]\n"
        "    ^\n"
        "3 mistakes\n"
    )


def test_check_says_how_many_rules_are_good(tocsin: Shell) -> None:
    done = tocsin("rules", "check", tocsin.file("rules.toml", RULES))
    assert (done.status, done.out) == (0, "2 rules, no mistakes\n")


def test_check_for_programs(tocsin: Shell) -> None:
    good = tocsin.file("good.toml", "[[rule]]\nname = 'A'\nquery = 'a or b'\n")
    done = tocsin("rules", "check", "--json", good)
    told = json.loads(done.out)
    assert (done.status, told["rules"]) == (0, 1)
    assert [(one["kind"], one["line"], one["column"]) for one in told["problems"]] == [("warning", 3, 12)]
    done = tocsin("rules", "check", "--json", tocsin.file("rules.toml", WRONG))
    assert done.status == 1
    assert [(one["kind"], one["line"]) for one in json.loads(done.out)["problems"]] == [("error", n) for n in (4, 6, 8)]


def test_a_rule_is_added_listed_replaced_and_removed(tocsin: Shell) -> None:
    adding = ("rules", "add", "--name", "Arms", "--query", "event:arms_transfer", "--severity", "high")
    done = tocsin(*adding, "--notify", "mail:a@b.example")
    assert (done.status, done.out, done.err) == (0, "added 1 rule\n", "")
    [listed] = json.loads(tocsin("rules", "list", "--json").out)
    assert {key: listed[key] for key in ("name", "severity", "enabled", "notify", "from", "query")} == {
        "name": "Arms",
        "severity": "high",
        "enabled": True,
        "notify": ["mail:a@b.example"],
        "from": "store",
        "query": "event:arms_transfer",
    }
    again = tocsin(*adding)
    assert again.status == 2
    assert "'Arms' is there already; add --replace to replace it" in again.err
    assert tocsin(*adding, "--replace").status == 0
    assert json.loads(tocsin("rules", "list", "--json").out)[0]["notify"] == []
    assert tocsin("rules", "remove", "Arms").out == "Arms: removed\n"
    gone = tocsin("rules", "remove", "Arms")
    assert (gone.status, gone.out) == (1, "")
    assert "there is no such rule in the store" in gone.err
    assert tocsin("rules", "list").out.startswith("no rules; add one with")


def test_a_file_of_rules_and_channels_is_added_whole_or_not_at_all(tocsin: Shell) -> None:
    channel = "[[channel]]\nname = 'desk'\ntype = 'email'\nto = 'a@b.example'\n"
    assert tocsin("rules", "add", tocsin.file("wrong.toml", RULES + WRONG)).status == 2
    assert json.loads(tocsin("rules", "list", "--json").out) == []
    done = tocsin("rules", "add", tocsin.file("rules.toml", RULES + channel))
    assert done.out == "added 2 rules and 1 channel\n"
    named = ("rules", "add", "--name", "C", "--query", "c")
    assert tocsin(*named, "--notify", "desk").status == 0
    assert tocsin("rules", "list").out.splitlines()[1].split()[:4] == ["C", "medium", "yes", "desk"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--query", "event:x1"), "rule 'A':1:7: there is no event type “x1”"),
        (("--query", "a\n(b"), "rule 'A':2:1: this bracket is never closed"),
        (("--query", "a", "--severity", "hihg"), "severity: there is no 'hihg'; did you mean high?"),
        (("--query", "a", "--notify", "desk"), "notify: there is no channel 'desk'"),
        (("--query", "a", "--notify", "mail:x"), "'x' is no e-mail address"),
    ],
)
def test_a_wrong_rule_is_not_added(tocsin: Shell, options: tuple[str, ...], said: str) -> None:
    done = tocsin("rules", "add", "--name", "A", *options)
    assert done.status == 2
    assert said in done.err
    assert json.loads(tocsin("rules", "list", "--json").out) == []


def test_rules_of_files_are_listed_with_their_file(tocsin: Shell) -> None:
    tocsin.file("tocsin.toml", '[rules]\nfiles = ["rules.toml"]\n')
    tocsin.file("rules.toml", RULES)
    listed = json.loads(tocsin("rules", "list", "--json").out)
    assert [(rule["name"], rule["from"]) for rule in listed] == [
        ("Kim", str(tocsin.folder / "rules.toml")),
        ("Leaders meet", str(tocsin.folder / "rules.toml")),
    ]


@pytest.mark.parametrize(
    "command",
    [
        ("match",),
        ("rules", "add"),
        ("rules", "check"),
        ("rules", "list"),
        ("rules", "remove"),
        ("serve", "match"),
        ("serve", "deliver"),
        ("serve", "web"),
    ],
)
def test_every_command_explains_itself_with_an_example(tocsin: Shell, command: tuple[str, ...]) -> None:
    done = tocsin(*command, "--help")
    assert done.status == 0
    assert f"tocsin {' '.join(command)}" in done.out.partition("Example")[2]


@pytest.mark.parametrize("name", ["match", "deliver"])
def test_a_process_without_a_broker_says_what_to_do(tocsin: Shell, name: str) -> None:
    done = tocsin("serve", name)
    assert done.status == 2
    assert len(done.err.splitlines()) == 1
    assert "kafka" in done.err.lower()
