"""Sketches tell near copies from other texts, however they are dressed up, on every machine alike."""

import json
from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import new_id
from moderation_rules import Clusters, fingerprint, fold, sketch
from moderation_rules.near_copies.sketch import HASHES, NEAR, SHINGLE, SIZE, alike, unpack
from tests.environment import TEST_DATA

BASE = "The quickest way to the lighthouse leads past the harbour office and the old rope works."
KOREAN = "우리 동네 도서관이 다음 달부터 저녁 늦게까지 문을 연다고 하니 정말 반가운 소식이네요"
CHINESE = "我们镇上的图书馆从下个月开始晚上也开放真是一个令人高兴的好消息希望大家都去看书"
THAI = "ห้องสมุดของเมืองเราจะเปิดถึงดึกตั้งแต่เดือนหน้าเป็นข่าวที่น่ายินดีมากสำหรับทุกคน"

WORDS = [
    "harbour",
    "lantern",
    "teapot",
    "gravel",
    "orchard",
    "whistle",
    "copper",
    "meadow",
    "thimble",
    "curtain",
    "pepper",
    "saddle",
    "velvet",
    "anchor",
    "biscuit",
    "compass",
    "drizzle",
    "feather",
    "gallop",
    "hammock",
    "island",
    "juniper",
    "kettle",
    "lobster",
]
sentences = st.lists(st.sampled_from(WORDS), min_size=14, max_size=60).map(" ".join)


def similarity(one: bytes, other: bytes) -> float:
    return alike(set(unpack(one)), set(unpack(other)))


def near(one: str, other: str) -> float:
    first, second = sketch(one), sketch(other)
    assert first is not None
    assert second is not None
    return similarity(first, second)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(BASE.upper() + "!!!", id="case and marks"),
        pytest.param("🔥🔥 " + BASE + " 😀👍", id="emoji"),
        pytest.param(BASE.replace("harbour", "hаrbоur"), id="look-alikes"),
        pytest.param(BASE.replace("office", "𝗼𝗳𝗳𝗶𝗰𝗲"), id="styled letters"),
        pytest.param(BASE.replace("way", "w\u200ba\u200by"), id="hidden characters"),
        pytest.param(BASE.replace("lighthouse", "l i g h t h o u s e"), id="letters apart"),
        pytest.param(BASE + " https://lamps.example/a?b=c", id="a link"),
        pytest.param(BASE + " Call 0170 1234567 or 30.", id="numbers"),
    ],
)
def test_what_a_disguise_leaves_is_the_same_or_near(other: str) -> None:
    assert near(BASE, other) >= 0.8


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(BASE, BASE.replace("office", "museum"), id="a word"),
        pytest.param(BASE, "Listen, " + BASE, id="a beginning"),
        pytest.param(BASE, BASE.replace("quickest", "shortest").replace("old ", ""), id="two words"),
        pytest.param(BASE + " Win at SPIN88!", BASE + " Win at LUCK777!", id="a name with a number"),
        pytest.param(KOREAN, KOREAN.replace("저녁", "아침"), id="Korean"),
        pytest.param(CHINESE, CHINESE.replace("高兴", "快乐"), id="Chinese"),
        pytest.param(THAI, THAI.replace("เดือนหน้า", "ปีหน้า"), id="Thai"),
    ],
)
def test_a_small_change_is_near(one: str, other: str) -> None:
    assert NEAR <= near(one, other) <= 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(BASE, "Nobody has told us yet what the new bridge over the river is going to cost.", id="other"),
        pytest.param(
            "Thank you very much for this, I learned a lot about tides.",
            "Thank you very much for this, my grandfather kept bees there.",
            id="a phrase in common",
        ),
        pytest.param(KOREAN, "어제 열린 축구 경기에서 우리 팀이 마지막 순간에 골을 넣어 이겼습니다", id="Korean"),
        pytest.param(CHINESE, "昨天晚上的足球比赛我们队在最后一分钟进球赢了比赛场面非常精彩球迷都很激动", id="Chinese"),
    ],
)
def test_another_text_is_not(one: str, other: str) -> None:
    assert near(one, other) < NEAR / 2 + 0.1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Well said!",
        "Thank you very much for this",
        "I totally agree with you",
        "ha" * 200,
        "😀" * 300,
        "12345 " * 99,
    ],
)
def test_short_and_empty_texts_say_too_little(text: str) -> None:
    assert sketch(text) is None


@pytest.mark.parametrize("text", [CHINESE[:20], THAI[:20]], ids=["Chinese", "Thai"])
def test_signs_of_scripts_without_spaces_say_more_than_letters(text: str) -> None:
    assert sketch(text) is not None


@given(st.text(max_size=400))
def test_a_sketch_has_its_size_and_order(text: str) -> None:
    found = sketch(text)
    if found is not None:
        numbers = unpack(found)
        assert len(found) == SIZE
        assert list(numbers) == sorted(set(numbers))
        assert similarity(found, found) == 1.0
        assert sketch(fold(text).text) == found


@given(sentences, sentences)
def test_the_estimate_is_symmetric_and_near_the_truth(one: str, other: str) -> None:
    first, second = sketch(one), sketch(other)
    if first is None or second is None:
        return
    assert similarity(first, second) == similarity(second, first)
    mine, theirs = shingles(one), shingles(other)
    true = len(mine & theirs) / len(mine | theirs)
    # Five standard deviations of a sample of that size: hashes fall as they fall.
    assert abs(similarity(first, second) - true) <= 5 * (0.25 / HASHES) ** 0.5


def test_the_estimate_is_unbiased() -> None:
    random = Random(7)

    def word() -> str:
        return "".join(random.choices("abdegiklmnoprstuv", k=6))

    errors = []
    for _ in range(300):
        words = [word() for _ in range(40)]
        one, other = " ".join(words), " ".join([word() if random.random() < 0.2 else same for same in words])
        mine, theirs = shingles(one), shingles(other)
        errors.append(near(one, other) - len(mine & theirs) / len(mine | theirs))
    assert abs(mean(errors)) < 0.02


def test_every_machine_makes_the_same_sketch() -> None:
    found = sketch(BASE)
    assert found is not None
    assert found.hex()[:32] == "050b7206083f46d81452a9731551264a"


def test_real_spam_has_near_copies_and_real_news_comments_have_none() -> None:
    spam = share_of_near_copies("spam_judol_id", 1)
    assert spam > 0.05
    for quiet in ("news_ucc_en", "news_fox_en", "news_beep_ko", "talk_wiki_en"):
        assert share_of_near_copies(quiet) < 0.003


def share_of_near_copies(name: str, label: int | None = None) -> float:
    """Of the texts in a file that have a sketch, those with an earlier text that is near but not the same."""

    file = TEST_DATA / "labelled" / f"{name}.jsonl"
    if not file.exists():
        pytest.skip("the labelled comments are not here")
    rows = [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]
    texts = {fingerprint(row["text"]): row["text"] for row in rows if label in (None, row["y"])}
    clusters, near_copies, sketched = Clusters(), 0, 0
    for text in texts.values():
        found = sketch(text)
        if found is not None:
            text_id = new_id()
            sketched += 1
            near_copies += clusters.name(clusters.put("site", text_id, found)) != text_id
    return near_copies / sketched


def shingles(text: str) -> set[str]:
    letters = "".join(char for char in text.lower() if char.isalpha())
    return {letters[at : at + SHINGLE] for at in range(len(letters) - SHINGLE + 1)}
