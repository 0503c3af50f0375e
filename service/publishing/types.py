"""The published JSON, exactly as the contract has it; the order of the fields is the order on the wire."""

from typing import Literal

import msgspec

Badge = Literal["verified", "author", "staff"]
BADGES: dict[str, Badge] = {"verified": "verified", "author": "author", "staff": "staff"}


class PublicWriter(msgspec.Struct, frozen=True):
    """The public face. `avatar` is a random seed that the client draws from; nothing is made from an address."""

    name: str
    website: str | None
    avatar: str
    badge: Badge | None


class PublicComment(msgspec.Struct, frozen=True):
    """One comment; a tombstone has no author and no html."""

    id: str
    parent_id: str | None
    state: Literal["published", "removed", "withdrawn"]
    author: PublicWriter | None
    html: str | None
    created_at: str
    edited_at: str | None
    votes: int
    replies: int
    url: str
    featured: bool
    pinned: bool


class ThreadHead(msgspec.Struct, frozen=True, omit_defaults=True):
    """`open`: whether new comments are taken. `count`: published comments in the whole thread. `banner`: what the
    moderators tell readers above the comments, as plain text; it is absent where they say nothing. `mode`: absent but
    where readers ask and the newsroom answers."""

    key: str
    title: str
    open: bool
    count: int
    banner: str | None = None
    mode: Literal["questions"] | None = None


class CommentPage(msgspec.Struct, frozen=True):
    """One page of a thread: flat, parents before their replies."""

    thread: ThreadHead
    comments: list[PublicComment]
    next_cursor: str | None


class Counts(msgspec.Struct, frozen=True):
    """Published comments by the thread's key; a version changes with whatever a reader would see of it."""

    counts: dict[str, int]
    versions: dict[str, str]
