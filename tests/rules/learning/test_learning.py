"""The classifier: learns, explains, is data, and refuses what is no model."""

import json
import zlib
from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation_rules import Comment, Facts, Verdict, compile_policy, default_policy
from moderation_rules.learning import features
from moderation_rules.learning.classifier import MAGIC, ClassifierError, dump_classifier, load_classifier
from moderation_rules.learning.toy import toy_classifier

GOOD = [
    "the",
    "harbour",
    "bridge",
    "council",
    "budget",
    "school",
    "train",
    "weather",
    "vote",
    "budget",
    "street",
    "park",
    "library",
    "garden",
]
BAD = ["cheap", "watches", "pills", "casino", "bonus", "winner", "loan", "click", "prize", "crypto"]


def decisions(count: int, seed: int) -> tuple[list[str], list[int]]:
    random = Random(seed)
    texts, labels = [], []
    for number in range(count):
        stop = number % 2
        words = random.choices(GOOD, k=8) + (random.choices(BAD, k=3) if stop else [])
        random.shuffle(words)
        texts.append(" ".join(words))
        labels.append(stop)
    return texts, labels


@pytest.fixture(scope="module")
def trained() -> bytes:
    pytest.importorskip("sklearn", reason="the extra `learn` is not installed")
    from moderation_rules.learning.train import train

    return dump_classifier(train(*decisions(400, 1)))


def test_it_tells_what_it_learned_on_texts_it_has_not_seen(trained: bytes) -> None:
    model = load_classifier(trained)
    chances = {0: [], 1: []}
    for text, label in zip(*decisions(60, 2), strict=True):
        chances[label].append(model.probability(text))
    assert max(chances[0]) < 0.5 < min(chances[1])
    assert all(0 <= chance <= 1 for chance in chances[0] + chances[1] + [model.probability("")])


def test_training_twice_makes_the_same_model(trained: bytes) -> None:
    from moderation_rules.learning.train import train

    assert dump_classifier(train(*decisions(400, 1))) == trained


def test_the_finding_names_what_weighed_most(trained: bytes) -> None:
    judge = compile_policy(default_policy(), classifier=load_classifier(trained))
    text = "the library budget cheap watches and casino bonus"
    judged = judge.judge(Comment(text), Facts())
    assert judged.verdict is Verdict.PENDING
    assert judged.learned is not None
    assert judged.learned > 0.5
    marked = {text[f.start : f.end] for f in judged.findings if f.rule == "learned"}
    assert any(piece.strip() and piece.strip() in "cheap watches casino bonus" for piece in marked)
    assert judge.judge(Comment("the library and the park"), Facts()).verdict is Verdict.APPROVE


def test_without_a_model_nothing_is_learned() -> None:
    assert compile_policy(default_policy()).judge(Comment("cheap watches"), Facts()).learned is None


def test_too_few_decisions_are_refused() -> None:
    pytest.importorskip("sklearn")
    from moderation_rules.learning.train import TooFew, train

    with pytest.raises(TooFew, match="10 comments of each kind"):
        train(["a"] * 30, [0] * 25 + [1] * 5)


def test_a_model_is_read_as_it_was_written() -> None:
    model = toy_classifier()
    again = load_classifier(dump_classifier(model))
    assert again == model
    assert again.probability("lovely cheap watches") == model.probability("lovely cheap watches")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda raw: b"", "not a classifier", id="empty"),
        pytest.param(lambda raw: b"\x80\x04pickle", "not a classifier", id="pickle"),
        pytest.param(lambda raw: b"rejoinder-model 1\n" + raw[len(MAGIC) :], "another release", id="older format"),
        pytest.param(lambda raw: raw + bytes(9 << 20), "larger than 8 MiB", id="too large"),
        pytest.param(lambda raw: raw[:-10], "checksum", id="cut short"),
        pytest.param(lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]), "checksum", id="one bit"),
        pytest.param(lambda raw: MAGIC + b"\n", "checksum", id="nothing inside"),
    ],
)
def test_what_is_no_model_is_refused(spoil: object, says: str) -> None:
    with pytest.raises(ClassifierError, match=says):
        load_classifier(spoil(dump_classifier(toy_classifier())))


def resealed(raw: bytes, spoil: Callable[[dict[str, Any], bytes], tuple[bytes, bytes]]) -> bytes:
    """The model with another inside and a checksum that fits it: what a careless or a wicked writer could make."""
    _, line, packed = raw[len(MAGIC) :].split(b"\n", 2)
    head, numbers = spoil(json.loads(line), packed)
    body = head + b"\n" + numbers
    return MAGIC + sha256(body).hexdigest().encode() + b"\n" + body


def with_header(**changes: Any) -> Callable[[dict[str, Any], bytes], tuple[bytes, bytes]]:
    return lambda header, packed: (json.dumps(header | changes).encode(), packed)


def with_numbers(change: Callable[[bytes], bytes]) -> Callable[[dict[str, Any], bytes], tuple[bytes, bytes]]:
    return lambda header, packed: (json.dumps(header).encode(), change(packed))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(with_header(features=2), id="other features"),
        pytest.param(with_header(bits=64), id="other size"),
        pytest.param(with_header(bias=float("nan")), id="not a number"),
        pytest.param(with_header(words=float("inf")), id="infinite"),
        pytest.param(with_header(words=-1.0), id="upside down"),
        pytest.param(with_header(letters="1"), id="text for a number"),
        pytest.param(with_header(bias=True), id="truth for a number"),
        pytest.param(with_header(bias=10**400), id="larger than any number"),
        pytest.param(with_header(thresholds=[[0.02, 7]]), id="no probability"),
        pytest.param(with_header(thresholds=[0.02]), id="thresholds without pairs"),
        pytest.param(with_header(about="nothing"), id="about is no table"),
        pytest.param(lambda header, packed: (b"[]", packed), id="header is a list"),
        pytest.param(lambda header, packed: (b"[" * 100_000, packed), id="header without a bottom"),
        pytest.param(lambda header, packed: (b"{}", packed), id="empty header"),
        pytest.param(with_numbers(lambda packed: packed[:-9]), id="numbers cut short"),
        pytest.param(with_numbers(lambda packed: packed + b"more"), id="more after the numbers"),
        pytest.param(with_numbers(lambda packed: zlib.compress(bytes(8 << 20))), id="too many numbers"),
        pytest.param(with_numbers(lambda packed: zlib.compress(b"few")), id="too few numbers"),
        pytest.param(with_numbers(lambda packed: b"not packed"), id="not packed"),
    ],
)
def test_a_checksum_that_fits_is_no_proof(spoil: Callable[[dict[str, Any], bytes], tuple[bytes, bytes]]) -> None:
    with pytest.raises(ClassifierError, match="the classifier"):
        load_classifier(resealed(dump_classifier(toy_classifier()), spoil))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_is_noticed(data: st.DataObject) -> None:
    raw = bytearray(dump_classifier(toy_classifier()))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ClassifierError):
        load_classifier(bytes(raw))
    with pytest.raises(ClassifierError):
        load_classifier(bytes(raw[:place]))


@given(st.text(max_size=300))
def test_every_text_has_a_probability_and_pieces_inside_it(text: str) -> None:
    model = toy_classifier()
    assert 0 <= model.probability(text) <= 1
    assert all(0 <= gram.start <= gram.end <= len(text) for gram in features.placed(text))
    assert {gram.bucket for gram in features.placed(text)} <= {*features.buckets(text).words} | {
        *features.buckets(text).letters
    }


@pytest.mark.parametrize("piece", ["a", "a ", "\u0e01", "\uac01", "a\u0301", "\U0001d41a", "a."])
def test_a_long_text_is_weighed_by_its_beginning(piece: str) -> None:
    found = features.buckets((piece * 65_536)[:65_536])
    assert found == features.buckets((piece * 65_536)[:5_000])
    assert len(found.words) + len(found.letters) < 40_000


def test_thresholds_are_those_of_the_stated_false_alarm_rate(trained: bytes) -> None:
    model = load_classifier(trained)
    assert model.threshold(0.01) >= model.threshold(0.05)
    assert model.threshold(0.0001) == 1.0
