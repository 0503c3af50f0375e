"""What databases were made with does not change under them: neither a migration's text nor what it leans on."""

import ast
import hashlib
import sys
from pathlib import Path

import pytest

from models.migrations import FOLDER

FILES = sorted((FOLDER / "versions").glob("*.py"))

# SHA-256 of each file. A line is added with its migration and never changed.
FROZEN = {
    "0001_first_tables.py": "9e7f79c1fd18e9304aebddc864bed9621b97da6db707908e6af1c83a2549a4bf",
    "0002_keep_a_key_for_links_that_last.py": "f0b0d7fa20a65f9c58b20b4b8a3b734341e3854ffcf87f6c3e008cd3e4be50d9",
    "0003_remember_what_was_disowned.py": "8fce358d2783921d1803409cca441c53cdf656c242884c14f6b27e938343f43a",
    "0004_keep_who_made_an_api_key.py": "d4e9218e3df314bcf5d608af65387bd31670c2fae802028ef0921860be041534",
    "0005_place_comments_in_their_threads.py": "dcde05f24aae0f9026c0eb54539c2c7e48dd970b4e784f0d1eaf590e076bf9e3",
    "0006_say_how_an_address_was_folded.py": "d813735934070b118cdfa3b467b04871ac074c5d4796f78e978e104921d74e32",
    "0007_keep_what_a_post_says_of_its_page.py": "3077f8318bd3f0521883b8e6f40ee0f0b6966fba3df41534812fcba16202ac39",
    "0008_find_decisions_by_version_and_by_rule.py": "bd5b6499d4a2d1f2eff4c7310bab22dd234810ef5878418c5987f5e1afbe52e5",
    "0009_find_the_comment_that_names_a_page.py": "710db867f5ccbf08d6a0ab57c1123223e703edd2ae69191f3c1e59b04968783c",
    "0010_find_what_the_queue_asks_for.py": "c7329a67e46b6695af43fb98cb80cc669e5ba585283d25f99e62a0a113dbfd7b",
    "0011_say_in_indexes_what_sqlite_checks.py": "2487a63304290442f0d1bc909515bdd1e08dda1d716d2f417f889834c03ed6fd",
    "0012_find_what_was_done_to_one_thing.py": "9f7f9aa3eaa31a6a5507a551013f84c96dd8996c6984734baff97dbe18d64fb9",
    "0013_answer_a_repeated_decision_as_before.py": "b15534299fade8fe587e5a4ec80287d0447e6f8a1ded662b1e14fc60aebfc7ee",
    "0014_let_moderators_speak.py": "e5feb1e89c59df2fc77794fed53ad1854d37a11b758f0ae1aa52ef9d0f5e5e4d",
    "0015_judge_copies_to_come.py": "3f1b292c8af949aff1ea3a8122395ce173e6f95ad60516a351b6f2375d64e8d2",
    "0016_find_all_that_was_ever_decided.py": "83bbb63d218732f044c3f86628251e27fc8c823335e435d57184ff0383a7f694",
    "0017_keep_marks_of_writers.py": "339263d5ce93b96f7989e3227148975f4c69c3e5e9d6fec9cdf51a5cfc897ba8",
    "0018_set_comments_aside.py": "c7fad31d0990988de54b9913b17bbcdd7d4a9c608bcd3a5cb7c6145e9fcda915",
    "0021_take_readers_votes.py": "728e64e4e18cffd52fccc5335c223f05ba3282b5fd021d83482f74cefe21219c",
    "0022_let_sites_sign_readers_in.py": "906c5d9f8a8a828085432c96c479cbb51b48025f49b1a6a415288a15d73c258e",
    "0023_charge_mails_to_their_network.py": "e2df8be7601d7f7e956a7b4c9a4e8c532f09fb3800e5d70587787646a151361d",
    "0024_let_readers_ask_the_newsroom.py": "2c13d5d8d8452e33b6b212ce29e5fc70875e5cbea5a0edcf5978336e454cd465",
    "0025_find_a_story_by_its_address.py": "9f35dc2dacd0bbe1356a9087f433892afeb1d8fdeebdb230125f9b9e56857309",
    "0019_take_reports_and_appeals.py": "5166125cb7d46dc6d6a59b1df0ef93cf14e763eab1bcee1066910b56245cce19",
    "0020_tell_writers_of_replies.py": "72367189fae2769b9172941d05077fec9a3007f73d04ba916f4d45e92cf61e0b",
}


@pytest.mark.parametrize("name", sorted({file.name for file in FILES} | set(FROZEN)))
def test_a_migration_never_changes(name: str) -> None:
    file = FOLDER / "versions" / name
    assert file.exists(), f"{name} is gone, and databases stand at it: put it back"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert name in FROZEN, f'freeze the new migration here when it is ready: "{name}": "{digest}"'
    assert digest == FROZEN[name], (
        f"{name} has changed, and databases exist that were made with it as it was: put it back and write a new "
        "migration instead (python -m models.migrations.new; CONTRIBUTING.md says how)"
    )


@pytest.mark.parametrize("file", [*FILES, FOLDER / "env.py"], ids=lambda file: file.name)
def test_a_migration_leans_on_nothing_of_ours(file: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name} imports from beside itself"
            imported.add((node.module or "").partition(".")[0])
    leant_on = imported - {"sqlalchemy", "alembic"} - sys.stdlib_module_names
    assert not leant_on, f"{file.name} imports {', '.join(sorted(leant_on))}, which may be another tomorrow"
