"""What a judgement costs: the default policy with 10,000 banned words, against one big `re` alternation; worst cases.

    python -m benchmarks.rules [--words 10000] [--texts load.jsonl] [--json]

Ratios within one run are what counts: both sides see the same texts on the same machine, one after the other.
"""

import argparse
import gc
import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from statistics import median

from benchmarks.report import Row, add_option, write_rows
from benchmarks.servers.processes import interruptible
from moderation_rules import Comment, Facts, compile_policy, default_policy

SYLLABLES = ["ka", "ro", "mi", "tu", "ze", "lo", "fa", "ni", "sh", "ter", "gor", "blu", "pek", "dra", "mon", "vi"]
FACTS = Facts(approved_before=3, honeypot_filled=False, form_age=30.0, form_token="valid", disposable_email=False)
LENGTH = 300
WORST = 65_536
MIXTURES = 60
LENGTHS = (300, 1000, 2000, 4000, 8000, 16_000, 32_000, WORST)


def invented_words(count: int, seed: int = 1) -> list[str]:
    """Words that no language has, the same in every run."""
    random, words = Random(seed), set[str]()
    while len(words) < count:
        words.add("".join(random.choices(SYLLABLES, k=random.randint(3, 5))))
    return sorted(words)


def texts(file: Path | None) -> list[str]:
    """Comments of about 300 characters: real ones where a file is given, else made up."""
    if file is not None:
        rows = (json.loads(line) for line in file.read_text("utf-8").split("\n") if line)
        found = [row["text"][:LENGTH] for row in rows if LENGTH * 0.8 <= len(row["text"]) <= LENGTH * 1.5]
        return found[:2000]
    random = Random(2)
    line = "the harbour bridge was closed again, and nobody at the council said why; it's what we expected."
    common = line.split()
    return [" ".join(random.choices(common, k=60))[:LENGTH] for _ in range(1000)]


def bombs(words: list[str]) -> dict[str, str]:
    """Texts made to cost as much as possible."""
    pieces = {
        "one letter": "a", "letters apart": "a ", "dots": "a.b", "stars": "a*", "marks": "a" + "\u0301" * 63,
        "styled": "𝐚", "full width": "ｆ", "hidden": "a\u200b", "Hangul": "씨", "Han": "山", "emoji": "😀",
        "leet": "k4r0 ", "spelt": "k a r o ", "glued": "a-", "addresses": "a@", "digits": "12 ", "plus": "+1 ",
        "links": "http://", "www": "www.", "brackets": "[", "capitals": "A", "nested": "((a)",
        "Markdown": "[x](http://" + "a" * 2000, "markup": "<a ", "long numbers": "+" + "1234567890" * 4,
        "mails": "a@b.cc,", "URLs": "http://a.b/c?d=e ", "bare hosts": "a.com ", "U+FDFA": "\ufdfa",
        "keycaps": "1\ufe0f\u20e3", "families": "👨\u200d👩\u200d👧\u200d👦 ", "flags": "🇬🇧", "tags": "\U000e0061",
        "turned": "\u202ea\u202c", "zero widths": "a\u200b\u200c\u200d\ufeff", "jamo": "\u1112\u1161\u11ab",
        "Arabic": "سلام ", "Devanagari": "नमस्ते ", "Thai": "สวัสดี", "Cyrillic": "Привет мир ", "accents": "áàâä ",
        "threats": "kill yourself ", "offers": "buy cheap viagra ", "calls": "call 07700900123 ",
        "dollars": "$a1!", "spelt out": "jo at mail dot ", "streets": "1 St ", "mixed": "аa", "marks at ends": "a!",
    }  # fmt: skip
    made = {name: (piece * (WORST // len(piece) + 1))[:WORST] for name, piece in pieces.items()}
    joined = ["".join(words[n : n + 5])[:58] for n in range(0, 5000, 5)]
    masked = [f"{word[:2]}**{word[4:]}" for word in words[:4000]]
    split = [f"{word[:3]} {word[3:]}" for word in words[:8000]]
    swapped = [f"{word[0]}{word[2]}{word[1]}{word[3:]}" for word in words]
    lists = {"listed words": words, "joined": joined, "masked": masked, "split": split, "swapped": swapped}
    made |= {name: (" ".join(pieces) * 4)[:WORST] for name, pieces in lists.items()}
    # One sign that makes a pattern look, and a word without end in which it looks in vain.
    endless = "bcdefgh" * (WORST // 7)
    made |= {f"endless word after {sign}": f"{sign}{endless}" for sign in ("я ", "a.a'", "1 ", "@")}
    made["a break and an endless word"] = "\u200b " + "é" * WORST
    made["stops in a number"] = "1" + "." * 7000 + "1a " + endless
    made["all planes"] = "".join(map(chr, range(0x10000, 0x10000 + 16 * WORST, 16)))
    made["all marks"] = ("a" + "\u0301\u0323\u0488\u05b8\u064b\u0e34\u3099" * 3) * (WORST // 22)
    made["all Hangul"] = "".join(map(chr, [*range(0xAC00, 0xD7A4)] * 6))[:WORST]
    made["all Han"] = "".join(map(chr, [*range(0x4E00, 0x9FFF)] * 4))[:WORST]
    made["all that is read"] = ("".join(map(chr, range(0x80, 0x80 + 990))) * 80)[:WORST]
    made["dropped"] = (" ".join(word[:2] + word[3:] for word in words) * 4)[:WORST]
    made["stretched words"] = (" ".join(word[:2] + word[2] * 3 + word[3:] for word in words) * 4)[:WORST]
    made["dotted words"] = (" ".join(".".join(word) for word in words) * 4)[:WORST]
    made["leet a line"] = "\n".join([f"k4{word}" for word in words[:11]] + words)
    made["all kinds of signs"] = "".join(map(chr, [*range(0x80, 0xD800), *range(0xE000, 0x12880)]))[:WORST]
    random = Random(3)
    made["Latin at random"] = "".join(chr(random.randrange(0x20, 0x250)) for _ in range(WORST))
    made["signs at random"] = "".join(random.choices("ab1@$!*.-_ #%&'", k=WORST))
    halves, between = [word[: random.randrange(1, 9)] for word in words], ["", "1", "@", "*", "**", ".", "-", "!", "$"]
    made["words around signs"] = " ".join(
        random.choice(halves) + random.choice(between) + random.choice(halves) for _ in range(WORST // 7)
    )
    made["symbols in words"] = "TNFα" * (WORST // 4)
    return {name: text[:WORST] for name, text in made.items()}


def mixtures(kinds: Mapping[str, str], comments: list[str]) -> dict[str, str]:
    """Texts of 64 KiB that are mixed at random: of comments, of pieces of a few of these kinds, and of both."""
    made = {}
    for seed in range(MIXTURES):
        random, parts, length = Random(seed), [], 0
        chosen, longest = random.sample(sorted(kinds), random.randint(2, 30)), random.choice((20, 60, 400))
        share = (0.0, 0.5, 1.0)[seed % 3]
        while length < WORST:
            if random.random() < share:
                part = random.choice(comments) + random.choice(" \n")
            else:
                kind = kinds[random.choice(chosen)]
                at = random.randrange(len(kind))
                part = kind[at : at + random.randint(1, longest)]
            parts.append(part)
            length += len(part)
        made[f"mixture {seed} ({share:.0%} comments)"] = "".join(parts)[:WORST]
    return made


def pieces(text: str, length: int) -> list[str]:
    """Up to 40 pieces of the text, each of so many characters."""
    return [text[at : at + length] for at in range(0, len(text) - length, length)][:40]


def timed(work: Callable[[str], object], inputs: list[str]) -> float:
    """Median microseconds a text."""
    taken = []
    for text in inputs:
        start = time.process_time()
        work(text)
        taken.append(time.process_time() - start)
    return median(taken) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--words", type=int, default=10_000)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--bombs", type=int, help="only the first so many of the worst cases and of the mixtures")
    add_option(parser)
    given = parser.parse_args()
    words, inputs = invented_words(given.words), texts(given.texts)
    judge = compile_policy(default_policy().with_words("many", words))
    alternation = re.compile(r"\b(?:" + "|".join(words) + r")\b", re.IGNORECASE)
    one = compile_policy(default_policy())
    gc.collect()
    gc.freeze()  # as workers do: what lives as long as the process is not looked through again and again
    timed(lambda text: one.judge(Comment(text), FACTS), inputs)
    timed(lambda text: judge.judge(Comment(text), FACTS), inputs)  # warm: tables of letters fill on first use
    ours = timed(lambda text: judge.judge(Comment(text), FACTS), inputs)
    theirs = timed(alternation.findall, inputs[:60])
    whole = " ".join(inputs)
    report = {
        "words": given.words,
        "judge_us": round(ours, 1),
        "judge_us_without_the_words": round(timed(lambda text: one.judge(Comment(text), FACTS), inputs), 1),
        "one_re_alternation_us": round(theirs, 1),
        "times_faster": round(theirs / ours, 1),
        # Level where cost is linear. The shortest are cheapest: most have nothing that needs a closer look.
        "us_per_1000_characters": {
            length: round(timed(lambda text: judge.judge(Comment(text), FACTS), pieces(whole, length)) / length * 1000)
            for length in LENGTHS
        },
        "worst_ms": {},
    }
    kinds = bombs(words)
    for what, made in (("worst_ms", kinds), ("mixtures_ms", mixtures(kinds, inputs))):
        taken = {}
        for name, text in list(made.items())[: given.bombs]:
            best = min(timed(lambda text: judge.judge(Comment(text), FACTS), [text]) for _ in range(3))
            taken[name] = round(best / 1000, 1)
        report[what] = dict(sorted(taken.items(), key=lambda item: -item[1]))
    worst = next(iter(report["worst_ms"].items()))
    mixed = next(iter(report["mixtures_ms"].items()))
    rows = [
        Row(
            "a comment of 300 characters, 10,000 banned words",
            ours,
            "µs",
            "one expression of all words",
            theirs / ours,
            100.0,
        ),
        Row(f"64 KiB, the slowest kind of text ({worst[0]})", worst[1], "ms", bar=15.0, at_most=True),
        Row(
            f"64 KiB mixed at random, the slowest of {len(report['mixtures_ms'])}",
            mixed[1],
            "ms",
            bar=15.0,
            at_most=True,
        ),
        Row("64 KiB mixed at random, the median", median(report["mixtures_ms"].values()), "ms"),
    ]
    write_rows(given, rows)
    if given.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
