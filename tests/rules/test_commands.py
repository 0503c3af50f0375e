"""`rejoinder rules` as an operator calls it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from moderation_rules.language.detection import load_detector
from service.cli.rules.commands import rules
from tests.environment import unavailable

ROWS = [
    {"id": "a", "text": "Fine weather today.", "label": 0},
    {"id": "b", "text": "Come to 𝗚𝗥𝗔𝗡𝗗 now", "label": 1},
    {"id": "c", "text": "You nincompoop", "label": 1},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return file


def run(*arguments: object, text: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(rules, [str(argument) for argument in arguments], input=text)
    return result.exit_code, result.stdout, result.stderr


def test_evaluate_measures(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    code, printed, _ = run("evaluate", "--data", data, "--json", "--predictions", out)
    report = json.loads(printed)
    assert code == 0
    assert (report["precision"], report["recall"], report["rows"]) == (1.0, 0.5, 3)
    assert report["roc_auc_learned"] is None
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["verdict"] for line in lines] == ["approve", "pending", "approve"]
    assert set(lines[1]) == {"id", "verdict", "score", "learned", "findings"}
    (finding,) = lines[1]["findings"]
    assert set(finding) == {"rule", "score", "field", "start", "end", "message"}
    assert ROWS[1]["text"][finding["start"] : finding["end"]] == "𝗚𝗥𝗔𝗡𝗗"


def test_a_rule_that_could_not_check_is_not_counted(tmp_path: Path) -> None:
    file, out = tmp_path / "long.jsonl", tmp_path / "out.jsonl"
    # More than is looked through: the rest could not be checked, and it waits.
    row = {"id": 1, "text": "Fine weather. " * 20_000, "label": 0}
    file.write_text(json.dumps(row) + "\n", "utf-8")
    report = json.loads(run("evaluate", "--data", file, "--json", "--predictions", out)[1])
    line = json.loads(out.read_text("utf-8"))
    assert (line["verdict"], len(line["findings"]), report["rules"]) == ("pending", 1, {})


def test_evaluate_takes_more_words(data: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("nincompoop\n", "utf-8")
    assert json.loads(run("evaluate", "--data", data, "--json", "--words", words)[1])["recall"] == 1.0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"id": 1, "text": "x"}\n', "line 1"),
        (b'{"text": "x", "label": 0}\nnot json\n', "line 2"),
        (b'{"text": "x", "label": "spam"}\n', "label 0 (publish) or 1 (stop)"),
        (b'{"text": "m\xffll", "label": 0}\n', "not text in UTF-8"),
    ],
    ids=["no label", "no json", "a word as label", "encoding"],
)
def test_broken_data_is_refused_with_its_line(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(content)
    code, _, error = run("evaluate", "--data", file)
    assert code == 1
    assert says in error


def test_check_names_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("rules:\n  shoutin: {}\n", "utf-8")
    code, printed, _ = run("check", "--policy", file)
    assert code == 1
    assert f"{file}:2:3: rules.shoutin" in printed
    assert "did you mean “shouting”?" in printed
    file.write_text("lists: [{name: own, kind: banned, file: own.txt}]\n", "utf-8")
    assert run("check", "--policy", file)[0] == 1
    (tmp_path / "own.txt").write_text("nincompoop\n", "utf-8")
    assert run("check", "--policy", file)[0] == 0
    assert run("evaluate", "--policy", tmp_path / "none.yaml")[0] == 2


def test_explain_marks_what_it_found() -> None:
    code, printed, _ = run("explain", "--json", text="Come to 𝗚𝗥𝗔𝗡𝗗 now\n")
    told = json.loads(printed)
    assert (code, told["verdict"]) == (0, "pending")
    assert told["findings"][0]["marked"] == "𝗚𝗥𝗔𝗡𝗗"
    assert "styled_letters" in run("explain", text="Come to 𝗚𝗥𝗔𝗡𝗗 now")[1]


def test_train_writes_a_model_that_evaluate_uses(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the extra `learn` is not installed")
    file, model = tmp_path / "rows.jsonl", tmp_path / "site.model"
    rows = [{"text": f"{'cheap watches' if n % 2 else 'the harbour bridge'} {n}", "label": n % 2} for n in range(60)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    code, _, error = run("train", "--data", file, "--out", model)
    assert code == 0
    assert "only 30 comments of one kind" in error
    report = json.loads(run("evaluate", "--data", file, "--json", "--model", model)[1])
    assert report["roc_auc_learned"] == 1.0
    model.write_bytes(b"spoilt")
    code, _, error = run("evaluate", "--data", file, "--model", model)
    assert (code, "not a classifier" in error) == (1, True)


def test_explain_goes_by_the_language_it_is_told(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("lists: [{name: de, kind: banned, language: de, words: [dussel], verdict: reject}]", "utf-8")

    def explained(*more: str) -> tuple[str, str | None]:
        answer = json.loads(run("explain", "--policy", policy, "--json", *more, text="Du Dussel")[1])
        return answer["verdict"], answer["language"]

    assert explained() == ("pending", None)
    assert explained("--language", "de-AT") == ("reject", "de-AT")
    assert explained("--language", "nl") == ("approve", "nl")
    assert run("explain", "--language", "nl", text="Fine.")[1].startswith("approve, score 0, in Dutch")


def test_explain_and_evaluate_find_the_language_out(tmp_path: Path) -> None:
    if load_detector() is None:
        unavailable("pycld2")
    policy = tmp_path / "policy.yaml"
    policy.write_text("lists: [{name: de, kind: banned, language: de, words: [dussel], verdict: reject}]", "utf-8")
    text = "Das hätte man die Leute vor Ort vorher fragen müssen, ihr Dussel."
    answer = json.loads(run("explain", "--policy", policy, "--json", text=text)[1])
    assert (answer["verdict"], answer["language"]) == ("reject", "de")
    data = tmp_path / "rows.jsonl"
    rows = [{"text": text, "label": 1}, {"text": text, "label": 1, "language": "nl"}]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    def verdicts(*more: str) -> dict[str, int]:
        return json.loads(run("evaluate", "--policy", policy, "--data", data, "--json", *more)[1])["verdicts"]

    assert verdicts() == {"approve": 1, "reject": 1}
    assert verdicts("--language", "da") == {"approve": 2}


def test_names_and_websites_are_judged_with_the_text(tmp_path: Path) -> None:
    beside = ("--name", "pills.example", "--website", "http://203.0.113.9/")
    told = json.loads(run("explain", "--json", *beside, text="A remark.")[1])
    assert [(f["rule"], f["field"], f["marked"]) for f in told["findings"]] == [
        ("link_as_name", "name", "pills.example"),
        ("hidden_link", "website", "http://203.0.113.9/"),
    ]
    assert "[name 0:13]" in run("explain", *beside, text="A remark.")[1]
    data = tmp_path / "rows.jsonl"
    rows = [{"text": "A remark.", "label": 1, "name": "pills.example"}, {"text": "A remark.", "label": 0, "name": 5}]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert json.loads(run("evaluate", "--data", data, "--json")[1])["verdicts"] == {"approve": 1, "pending": 1}
