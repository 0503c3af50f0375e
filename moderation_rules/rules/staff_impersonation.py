from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from moderation_rules.matching.stretched import collapse
from moderation_rules.rule import Check, Example, Hit, NoOptions, Reading, Rule, Supplies
from moderation_rules.text.folding import fold
from moderation_rules.values import Comment, Facts, Verdict

_ALIKE = str.maketrans("013457", "oieast")
# What whoever speaks for the house calls himself, in the languages of most newsrooms.
_TITLES = (
    "moderator,moderators,the moderator,the moderators,moderation,moderation team,comment moderator,admin,admins,"
    "administrator,site admin,webmaster,editor,the editor,editors,the editors,editor in chief,editorial team,newsroom,"
    "the newsroom,staff,support team,customer service,redaktion,die redaktion,chefredaktion,moderatorin,"
    "administratorin,"
    "modérateur,modératrice,la rédaction,administrateur,moderador,moderadora,administrador,la redacción,a redação,"
    "moderatore,redazione,la redazione,amministratore,redactie,de redactie,beheerder,redaktionen,redaksjonen,ylläpito,"
    "toimitus,redakcja,moderacja,redakce,redakcia,szerkesztőség,redacția,редакция,модератор,администратор,редакція,"
    "адміністратор,редакција,σύνταξη,διαχειριστής,editör,yönetici,المشرف,الإدارة,העורך,המערכת,管理员,管理員,编辑部,"
    "編集部,管理人,운영자,관리자,편집부,ผู้ดูแลระบบ,ban quản trị,redaksi,admin redaksi"
)


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        name, staff = reading.comment.name, reading.facts.staff_names
        shape = _shape(name) if name else ""
        if not shape:
            return ()
        if staff and shape in _shapes(staff):
            return (Hit("the name looks like that of a member of staff", "name", 0, len(name)),)
        if shape in _titles():
            return (Hit("the name is a title of those who work here", "name", 0, len(name)),)
        return ()

    return check


@lru_cache(maxsize=4096)
def _shape(name: str) -> str:
    """What is left of a name when look-alikes, signs and the order of its words are put aside."""
    words = fold(name).text.translate(_ALIKE)
    spaced = "".join([char if char.isalpha() else " " for char in words])
    return " ".join(sorted(map(collapse, spaced.split())))


@lru_cache(maxsize=256)
def _shapes(staff: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_shape, staff))


@cache
def _titles() -> frozenset[str]:
    return frozenset(map(_shape, _TITLES.split(",")))


_STAFF = Facts(staff_names=("Ada Lovelace", "The Moderators"))
RULE = Rule(
    name="staff_impersonation",
    title="Looks like staff",
    about="The name looks like that of a member of staff, or is a title such as Moderator or Editor.",
    kind="person",
    options=NoOptions,
    prepare=prepare,
    verdict=Verdict.PENDING,
    score=5,
    needs=("staff_names",),
    examples=(
        Example(Comment("Hello", name="Ada Lovelace"), True, _STAFF, marks="Ada Lovelace"),
        Example(Comment("Hello", name="Аda L0velасe"), True, _STAFF),
        Example(Comment("Hello", name="lovelace, ada"), True, _STAFF),
        Example(Comment("Hello", name="Adam Love"), False, _STAFF),
        Example(Comment("Hello", name="Ada Lovelace"), False),
        Example(Comment("Hello", name="M0derator"), True, marks="M0derator"),
        Example(Comment("Hello", name="Редакция"), True),
        Example(Comment("Hello", name="Ed Torr"), False),
    ),
)
