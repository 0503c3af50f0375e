import re
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, Id

# What a site can be called, without anchors: 1-64 of a-z, 0-9 and hyphens, with no hyphen at its ends.
SLUG_PATTERN = "[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
# Fewer networks than this hide no comment by their reports: they could be one person, or three friends.
HIDING_LEAST = 3
_SLUG = re.compile(SLUG_PATTERN)
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")


def is_slug(text: str) -> bool:
    """Whether this can be a site's name at all; anything else need not be asked of the database."""
    return _SLUG.fullmatch(text) is not None


class Mode(StrEnum):
    """How much the rules may do alone: approve; only refuse; nothing."""

    AUTOMATIC = "automatic"
    ASSISTED = "assisted"
    MANUAL = "manual"


class VoteKinds(StrEnum):
    """How readers may vote for comments."""

    OFF = "off"
    UP = "up"
    UP_DOWN = "up_down"


class WebsiteField(StrEnum):
    """Whether a form asks for its writer's website, which need never be given: at once, where its writer wants to say
    one, or not at all."""

    SHOWN = "shown"
    OPTIONAL = "optional"
    OFF = "off"


class Ground(StrEnum):
    """On what a refusal rests: the site's own terms, or the law."""

    TERMS = "terms"
    ILLEGAL = "illegal"


class ReasonDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a site says of one of its reasons besides the words in its own language.

    `words`: by language tag, what a writer reads. `clause`: of the terms or the law, as the writer reads it. `key`: the
    one that chooses it in the menu. `strikes`: how many one such refusal counts, for `days`.
    """

    label: str = ""
    words: dict[str, str] = {}
    ground: Ground = Ground.TERMS
    clause: str = ""
    key: str = ""
    strikes: int = 1
    days: int = 90


class StrikeLadder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From how many strikes on the desk proposes what; 0: never."""

    warn: int = 3
    hold: int = 5
    ban: int = 8


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a writer accepts with each comment. `version`: what is kept with the comment; "": nothing is asked.

    `text`: beside the box to tick; "": our own words. `url`: where the terms can be read, "" for nowhere.
    """

    version: str = ""
    text: str = ""
    url: str = ""


class SiteSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a newsroom may choose for its site. Lengths are in characters, times in seconds."""

    mode: Mode = Mode.ASSISTED
    name_max: int = 80
    body_min: int = 2
    body_max: int = 5000
    # How many levels of replies are indented; deeper ones stand in a row, each with the name of whom it answers. Whom
    # each answers is kept to `DEEPEST`, whatever this says, so it may change at any time.
    reply_depth: int = 4
    website: WebsiteField = WebsiteField.SHOWN
    first_comments_held: bool = True
    # An automatic `spam` reads "waiting" on the receipt for this long, so that it is no tuning aid.
    spam_reads_waiting: int = 86_400
    form_token_max_age: int = 86_400
    reasons: dict[str, str] = {}
    # Beside and not in `reasons`: a release that knows nothing of them reads the same settings.
    reason_details: dict[str, ReasonDetails] = {}
    strikes: StrikeLadder = StrikeLadder()
    # From how many networks' reports on a comment is hidden until a person has looked at it. 0: never.
    reports_hide: int = 0
    staff_names: list[str] = []
    # What comments are expected to be written in, for the rules; readers are spoken to in it where nothing else says.
    language: str | None = None
    votes: VoteKinds = VoteKinds.OFF
    # Above the form: how to write here, and what is new. Plain text, lines kept.
    guideline: str = ""
    announcement: str = ""
    terms: Terms = Terms()
    # Whether writers are shown, before they send, what people may take offence at.
    nudge: bool = False
    # What readers are spoken to in, whatever an article is written in; None: by the article, then by `language`.
    reader_language: str | None = None

    def languages_of_readers(self, article: str | None = None, comment: str | None = None) -> tuple[str | None, ...]:
        """What readers are spoken to in, the likeliest first; None where nobody has said it.

        `article`: the thread's language, in the newsroom's words; `comment`: what their own comment was found to be in,
        which is a guess, and of a short one a bad one.
        """
        return self.reader_language, article, self.language, comment


def settings_from(kept: Mapping[str, Any]) -> SiteSettings:
    """Settings as a site's row keeps them. Releases before `website` knew `website_field`, whether it is asked for, and
    nothing else of it."""
    off = {} if kept.get("website_field", True) else {"website": WebsiteField.OFF.value}
    return msgspec.convert({**kept, **off}, SiteSettings)


def kept_settings(settings: SiteSettings) -> dict[str, Any]:
    """The same for the row; a release from before reads there that a website is not asked for."""
    kept: dict[str, Any] = msgspec.to_builtins(settings)
    return kept | ({"website_field": False} if settings.website is WebsiteField.OFF else {})


class Site(Base):
    __tablename__ = "site"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    origins: Mapped[list[str]]
    settings_json: Mapped[dict[str, Any]] = mapped_column("settings")
    created_at: Mapped[datetime]

    @property
    def settings(self) -> SiteSettings:
        return settings_from(self.settings_json)

    @settings.setter
    def settings(self, value: SiteSettings) -> None:
        self.settings_json = kept_settings(value)

    def owns(self, url: str) -> bool:
        """Whether a web address is on one of the site's origins: by http or https, with or without `www.`."""
        return own_origin(url, self.origins) is not None


def own_origin(url: str, origins: Collection[str]) -> str | None:
    """The first of a site's origins that a web address is on: by http or https, with or without `www.`."""
    place = place_of(url)
    return None if place is None else next((origin for origin in origins if place_of(origin) == place), None)


def place_of(url: str) -> tuple[str, int | None] | None:
    """Host without `www.`, and a port that is not the web's own.

    None for what is no http(s) address or names a user, and where browsers may read another host.
    """
    if _NOT_IN_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = None if parts.port in (80, 443) else parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.hostname.removeprefix("www."), port
