"""The classifier: learns, explains, is data, and refuses what is no model."""

from random import Random

import pytest

from moderation_rules import Comment, Facts, Verdict, compile_policy, default_policy
from moderation_rules.learning.model import MAGIC, ModelError, dump_model, load_model
from moderation_rules.learning.tiny import tiny_model

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

    return dump_model(train(*decisions(400, 1)))


def test_it_tells_what_it_learned_on_texts_it_has_not_seen(trained: bytes) -> None:
    model = load_model(trained)
    chances = {0: [], 1: []}
    for text, label in zip(*decisions(60, 2), strict=True):
        chances[label].append(model.probability(text))
    assert max(chances[0]) < 0.5 < min(chances[1])
    assert all(0 <= chance <= 1 for chance in chances[0] + chances[1] + [model.probability("")])


def test_training_twice_makes_the_same_model(trained: bytes) -> None:
    from moderation_rules.learning.train import train

    assert dump_model(train(*decisions(400, 1))) == trained


def test_the_finding_names_what_weighed_most(trained: bytes) -> None:
    judge = compile_policy(default_policy(), model=load_model(trained))
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
    model = tiny_model()
    again = load_model(dump_model(model))
    assert again == model
    assert again.probability("lovely cheap watches") == model.probability("lovely cheap watches")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda raw: b"", "not a classifier", id="empty"),
        pytest.param(lambda raw: b"\x80\x04pickle", "not a classifier", id="pickle"),
        pytest.param(lambda raw: raw[:-10], "checksum", id="cut short"),
        pytest.param(lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]), "checksum", id="one bit"),
        pytest.param(lambda raw: MAGIC + b"\n", "checksum", id="nothing inside"),
    ],
)
def test_what_is_no_model_is_refused(spoil: object, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        load_model(spoil(dump_model(tiny_model())))


def test_thresholds_are_those_of_the_stated_false_alarm_rate(trained: bytes) -> None:
    model = load_model(trained)
    assert model.threshold(0.01) >= model.threshold(0.05)
    assert model.threshold(0.0001) == 1.0
