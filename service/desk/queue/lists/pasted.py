"""Where something leads that was put into the search field: the address of a comment, of an article, of a receipt, or
a comment's id. A story's key may be a word as well: it is offered, and the search stays."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from sqlalchemy.orm import Session

from models import Site
from models.database.ids import ID_PATTERN
from models.queries.comments import one_comment
from models.queries.threads import threads_at, threads_keyed_so
from models.site import place_of
from models.thread import KEY_BYTES
from service.accounts.access import current_actor
from service.desk.queue.lists.place import ALL, DeskLocation
from service.desk.site_access import reached
from service.privacy.receipts import RECEIPT_PATTERN, comment_of_receipt
from service.wiring import current_services

# Longer than any address of an article.
LONGEST = 4_000
# Ids in one address that are looked up.
_IDS_MOST = 5
# What people copy along with an address.
_AROUND = " \t\r\n<>()[]\"'“”„«»,;"
_BARE_ID = re.compile(rf"(?:comment-)?({ID_PATTERN})", re.IGNORECASE)
_ID = re.compile(rf"(?<![0-9A-Za-z])({ID_PATTERN})(?![0-9A-Za-z])", re.IGNORECASE)
_RECEIPT = re.compile(rf"/receipts/({RECEIPT_PATTERN})(?![A-Za-z0-9_-])")
_LINK = re.compile(r"https?://\S+|(?:[\w-]+\.)+[^\W\d]{2,}(?::\d+)?/\S*", re.IGNORECASE)
# What stays as it is in an address that was copied in letters, as some browsers show it.
_IN_PATH, _IN_QUERY = "/%:@!$&'()*+,;=-._~[]", "/%:@!$&()*+,;=-._~[]?"


@dataclass(frozen=True, slots=True)
class Pasted:
    """`where`: the page of the desk that it is the address of. `stories`: (title or key, page) of those that are called
    so. `unknown`: it is an address, of nothing that the caller may see."""

    where: str = ""
    stories: tuple[tuple[str, str], ...] = ()
    unknown: bool = False


def follow(q: str) -> Pasted:
    """What was pasted, as far as the caller reaches it; nothing of it for plain words."""
    typed = q.replace("\x00", "")[:LONGEST].strip(_AROUND)
    if not typed:
        return Pasted()
    is_link = _LINK.fullmatch(typed) is not None
    with current_services().read() as session:
        comment_id = _comment(session, typed, is_link=is_link)
        if comment_id is not None:
            return Pasted(where=f"/moderate/comment/{comment_id}")
        sites = {site.id: site for site in reached(session, "viewer").values()}
        where = ""
        if is_link:
            with suppress(ValueError):  # A broken IPv6 literal.
                where = _article(session, sites, typed)
            return Pasted(where=where, unknown=not where)
        called = session.execute(threads_keyed_so(list(sites), [typed])).all() if _may_be_key(typed) else ()
        return Pasted(
            stories=tuple((title or key, _list_of_story(sites[site_id].slug, key)) for site_id, key, title in called)
        )


def _comment(session: Session, typed: str, *, is_link: bool) -> str | None:
    bare = None if is_link else _BARE_ID.fullmatch(typed)
    # The comment comes after whatever else in an address looks like one: the article's id, another list's.
    ids = [bare[1]] if bare else _ID.findall(typed)[: -_IDS_MOST - 1 : -1] if is_link else []
    for comment_id in ids:
        row = session.execute(one_comment(comment_id.upper())).first()
        if row is not None and current_actor().can("viewer", row[0].site_id):
            return str(row[0].id)
    receipt = typed
    if is_link:
        found = _RECEIPT.search(typed)
        receipt = found[1] if found else ""
    query = comment_of_receipt(current_services().keyring, receipt)
    comment = None if query is None else session.scalar(query)
    return comment.id if comment is not None and current_actor().can("viewer", comment.site_id) else None


def _article(session: Session, sites: Mapping[str, Site], typed: str) -> str:
    """The list of the story whose address it is, or whose key is that or stands in it; "" for none."""
    link = typed if "://" in typed else f"https://{typed}"
    place = place_of(_in_ascii(link))
    on = [site for site in sites.values() if place and any(place_of(origin) == place for origin in site.origins)]
    addresses = _addresses(link, on)
    rows = session.execute(threads_at([site.id for site in on], addresses)).all() if on else ()
    if rows:
        site_id, key, _ = min(rows, key=lambda row: addresses.index(row[2]))
        return _list_of_story(sites[site_id].slug, key)
    # Some sites call a story by its address; one of our own pages names the story in its query.
    keys = [key for key in (typed, *addresses, *parse_qs(urlsplit(link).query).get("thread", ())) if _may_be_key(key)]
    named = session.execute(threads_keyed_so(list(sites), keys)).all()
    if named:
        site_id, key, _ = min(named, key=lambda row: keys.index(row[1]))
        return _list_of_story(sites[site_id].slug, key)
    return ""


def _addresses(link: str, sites: Sequence[Site]) -> list[str]:
    """How the page may be kept, likeliest first: on either of a site's origins, with and without `www.`, the slash at
    its end and the query."""
    parts = urlsplit(link)
    path = quote(parts.path or "/", safe=_IN_PATH)
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    query = f"?{quote(parts.query, safe=_IN_QUERY)}" if parts.query else ""
    rests = dict.fromkeys(f"{one}{asked}" for asked in (query, "") for one in (path, other))
    found: dict[str, None] = {}
    for rest in rests:
        for origin in (origin for site in sites for origin in site.origins):
            host = origin.partition("://")[2].removeprefix("www.")
            found |= {f"{scheme}://{www}{host}{rest}": None for scheme in ("https", "http") for www in ("", "www.")}
    return list(found)


def _in_ascii(link: str) -> str:
    """With the host as browsers send it: `münchen.example` is kept in Punycode."""
    # `hostname` is in small letters, what was pasted may not be.
    host = urlsplit(link).hostname or ""
    at = link.lower().find(host)
    if host.isascii() or at < 0:
        return link
    with suppress(UnicodeError):
        return link[:at] + host.encode("idna").decode() + link[at + len(host) :]
    return link


def _may_be_key(text: str) -> bool:
    return 0 < len(text.encode("utf-8", "surrogatepass")) <= KEY_BYTES


def _list_of_story(slug: str, key: str) -> str:
    return DeskLocation(tab=ALL, site=slug, thread=(key,)).link()
