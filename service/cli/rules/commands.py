"""`rejoinder rules`: check, explain, evaluate and train without a server. The files are read here, not by the rules."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.installation import Installation, on_installation
from service.cli.rules.policy_files import lists_beside, policy_text, read_text
from service.cli.rules.rehearse import rehearse

if TYPE_CHECKING:
    from moderation_rules import Comment, Finding, Judge, Policy

_LANGUAGE = click.option(
    "--language", metavar="TAG", help="Take it for this language (BCP 47), whatever it looks like."
)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def rules() -> None:
    """Try, check, explain and rehearse moderation rules."""


rules.add_command(rehearse)


@rules.command()
@click.option("--policy", "policy_file", type=_FILE, required=True, help="The policy to check (YAML).")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(policy_file: Path, as_json: bool) -> None:
    """Check a policy; errors name line and column. Lists that it names are looked for beside it."""
    from moderation_rules import PolicyError, compile_policy
    from moderation_rules.text.counting import counted

    try:
        judge = compile_policy(_read_policy(policy_file))
        problems = []
    except PolicyError as error:
        problems = error.errors
    if as_json:
        names = ("line", "column", "path", "message")
        print(json.dumps({"ok": not problems, "errors": [{n: getattr(p, n) for n in names} for p in problems]}))
    elif not problems:
        print(f"{policy_file}: in order, {counted(len(judge.rules), 'rule')}")
    else:
        for problem in problems:
            print(f"{policy_file}:{problem.line}:{problem.column}: {problem.path or 'policy'}: {problem.message}")
    if problems:
        raise click.ClickException(f"{policy_file}: {len(problems)} problem{'s' * (len(problems) > 1)}")


@rules.command()
@on_installation
def schema(installation: Installation) -> None:
    """Print the JSON Schema of policies, for editors that complete and check them.

    Its $id is the address at which the service has it (REJOINDER_PUBLIC_URL, or that of the last run on the data
    folder); where there is none, policy.schema.json: the name of the file that it goes into.
    """
    from moderation_rules.policy.schema import policy_schema

    print(json.dumps(policy_schema(installation.public_url), indent=1, ensure_ascii=False))


@rules.command()
@click.option("--policy", "policy_file", type=_FILE, help="The policy; the shipped default without it.")
@click.option("--words", "word_files", type=_FILE, multiple=True, help="A list of banned words, one a line.")
@click.option("--model", "model_file", type=_FILE, help="A trained classifier.")
@_LANGUAGE
@click.option("--name", default="", help="The writer's name.")
@click.option("--website", help="The writer's website.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(
    policy_file: Path | None,
    word_files: tuple[Path, ...],
    model_file: Path | None,
    language: str | None,
    name: str,
    website: str | None,
    as_json: bool,
) -> None:
    """Judge the text on standard input, and a name and website with it, and show every finding with its place."""
    from moderation_rules import Comment, Facts
    from moderation_rules.language.tags import UNDETERMINED, name_of

    judge = _judge(policy_file, word_files, model_file)
    text = read_text(sys.stdin.buffer.read(), "standard input").strip("\n")
    if language is None and judge.detect is not None:
        language = judge.detect(text)
    comment = Comment(text, name, website, language=language or UNDETERMINED)
    judgement = judge.judge(comment, Facts())
    if as_json:
        found = [{**_finding(f), "version": f.version, "marked": _marked(comment, f)} for f in judgement.findings]
        answer = {"verdict": judgement.verdict, "score": judgement.score, "learned": judgement.learned}
        answer["language"] = language
        print(json.dumps({**answer, "findings": found}, ensure_ascii=False))
        return
    print(f"{judgement.verdict}, score {judgement.score:g}{f', in {name_of(language)}' if language else ''}")
    for finding in judgement.findings:
        place = "" if finding.start is None else f" [{finding.field} {finding.start}:{finding.end}]"
        marked = _marked(comment, finding)
        effect = "observed" if finding.observe else finding.verdict or f"{finding.score:+g}"
        print(f"  {finding.rule} ({effect}){place}: {finding.message}{f' » {marked}' if marked else ''}")


@rules.command()
@click.option("--data", "data_file", type=_FILE, required=True, help='JSON lines: {"id", "text", "label"}.')
@click.option("--policy", "policy_file", type=_FILE, help="The policy; the shipped default without it.")
@click.option("--words", "word_files", type=_FILE, multiple=True, help="A list of banned words, one a line.")
@click.option("--model", "model_file", type=_FILE, help="A trained classifier.")
@_LANGUAGE
@click.option("--predictions", type=click.Path(dir_okay=False, path_type=Path), help="Write each judgement here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    data_file: Path,
    policy_file: Path | None,
    word_files: tuple[Path, ...],
    model_file: Path | None,
    language: str | None,
    predictions: Path | None,
    as_json: bool,
) -> None:
    """Judge labelled lines and measure: anything but approve counts as stopped."""
    from moderation_rules.evaluation import evaluate as measure

    judge = _judge(policy_file, word_files, model_file)
    report, judgements = measure(judge, _labelled(data_file, language))
    if predictions is not None:
        with predictions.open("w", encoding="utf-8") as out:
            for identity, judged in judgements:
                line = {
                    "id": identity,
                    "verdict": judged.verdict,
                    "score": judged.score,
                    "learned": judged.learned,
                    "findings": [_finding(f) for f in judged.findings],
                }
                out.write(json.dumps(line) + "\n")
    if as_json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, count in value.items():
                print(f"  {key:24} {count}")
        else:
            print(f"{name:16} {value:.4g}" if isinstance(value, float) else f"{name:16} {value}")


@rules.command()
@click.option("--data", "data_file", type=_FILE, required=True, help='JSON lines: {"id", "text", "label"}.')
@click.option(
    "--out", "out_file", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The classifier."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def train(data_file: Path, out_file: Path, as_json: bool) -> None:
    """Train a classifier from labelled lines (needs the extra `learn`)."""
    from moderation_rules.learning.classifier import dump_classifier
    from moderation_rules.learning.train import ENOUGH, TooFew
    from moderation_rules.learning.train import train as learn
    from moderation_rules.text.counting import counted

    rows = _labelled(data_file)
    try:
        classifier = learn([comment.text for _, comment, _ in rows], [label for _, _, label in rows])
    except ImportError:
        raise click.ClickException("training needs scikit-learn: pip install 'rejoinder[learn]'") from None
    except TooFew as error:
        raise click.ClickException(f"{data_file}: {error}") from None
    raw = dump_classifier(classifier)
    out_file.write_bytes(raw)
    fewest = min(classifier.about["published"], classifier.about["stopped"])
    if as_json:
        thresholds = {str(rate): value for rate, value in classifier.thresholds.items()}
        print(json.dumps({"model": str(out_file), "bytes": len(raw), **classifier.about, "thresholds": thresholds}))
    else:
        print(f"{out_file}: {len(raw):,} bytes, from {counted(len(rows), 'comment')}")
    if fewest < ENOUGH:
        print(f"only {fewest} comments of one kind; {ENOUGH} are asked for before a site uses it", file=sys.stderr)


def _judge(policy_file: Path | None, word_files: tuple[Path, ...], model_file: Path | None) -> Judge:
    from moderation_rules import PolicyError, compile_policy, default_policy
    from moderation_rules.language.detection import load_detector
    from moderation_rules.learning.classifier import ClassifierError, load_classifier

    try:
        policy = default_policy() if policy_file is None else _read_policy(policy_file)
        for number, file in enumerate(word_files, 1):
            policy = policy.with_words(f"words_{number}", _words(file))
        classifier = None if model_file is None else load_classifier(model_file.read_bytes())
        return compile_policy(policy, classifier=classifier, detect=load_detector(), today=datetime.now(UTC).date())
    except ClassifierError as error:
        raise click.ClickException(f"{model_file}: {error}") from None
    except PolicyError as error:
        first = error.errors[0]
        more = f" (and {len(error.errors) - 1} more: rejoinder rules check)" if len(error.errors) > 1 else ""
        raise click.ClickException(f"{policy_file or 'default policy'}: {first}{more}") from None


def _read_policy(file: Path) -> Policy:
    from moderation_rules import load_policy

    return load_policy(policy_text(file), lists=lists_beside(file))


def _words(file: Path) -> list[str]:
    """Words, one a line; of a table (.csv) the first column."""
    from moderation_rules.lists.word_lists import ListError, entries_from_text

    text = read_text(file.read_bytes(), str(file))
    if file.suffix.lower() == ".csv":
        text = "\n".join(row[0] for row in list(csv.reader(text.splitlines()))[1:] if row)
    try:
        return [entry.text for entry in entries_from_text(text)]
    except ListError as error:
        raise click.ClickException(f"{file}: {error}") from None


def _labelled(file: Path, language: str | None = None) -> list[tuple[Any, Comment, int]]:
    from moderation_rules import Comment

    rows = []
    for number, line in enumerate(read_text(file.read_bytes(), str(file)).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text, label = row["text"], row.get("y", row.get("label"))
            if not isinstance(text, str) or label not in (0, 1):
                raise ValueError
        except (ValueError, KeyError, TypeError, RecursionError):
            message = f'{file}: line {number}: needs {{"id", "text", "label"}} with label 0 (publish) or 1 (stop)'
            raise click.ClickException(message) from None
        own = row.get("language")
        beside = {key: row[key] for key in ("name", "website") if isinstance(row.get(key), str)}
        comment = Comment(text, language=own if isinstance(own, str) else language, **beside)
        rows.append((row.get("id", number), comment, int(label)))
    return rows


def _finding(finding: Finding) -> dict[str, Any]:
    names = ("rule", "score", "field", "start", "end", "message")
    return {name: getattr(finding, name) for name in names}


def _marked(comment: Comment, finding: Finding) -> str | None:
    if finding.start is None:
        return None
    typed = {"text": comment.text, "name": comment.name, "website": comment.website or ""}
    return typed.get(finding.field or "", "")[finding.start : finding.end] or None
