"""RawSubmission -> Submission: every field checked, all that is wrong said at once, nothing looked up."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from models import SiteSettings, WebsiteField
from models.database.ids import is_id
from models.thread import key_fault
from service.errors import FieldError, Invalid, InvalidQuery, nphrase, phrase
from service.intake.submission.address_syntax import Address, InvalidAddress, read_address, suggestion
from service.intake.submission.hidden_addresses import holds_address
from service.intake.submission.page_addresses import is_web_address, own_page
from service.intake.submission.raw import RawSubmission
from service.intake.submission.web_addresses import MAX_LENGTH as URL_MAX
from service.intake.submission.websites import InvalidWebsite, read_website
from service.localization import noop as N_
from service.markup.characters import mended, one_line, title, visible
from service.moderation.editorial.texts import body_fault, trimmed

TITLE_MAX = 200
# An address that begins in what is kept ends here, whatever it is encoded in.
_TITLE_LOOKED_AT = 2000
EMAIL_MAX = 254
# Of what is only looked up; a longer one was never ours.
TOKEN_MAX = 500
# Bots fill in what people never see; browsers fill in nothing under this name.
HONEYPOT = "subject"

# Titles that were right as they came, which most are, and the same for all who write under an article.
_clean_titles: set[str] = set()
_CLEAN_TITLES_KEPT = 4096

_NUMBER = re.compile("[0-9]{1,6}")
_YES = frozenset({"1", "on", "true", "yes"})
_NO = frozenset({"", "0", "off", "false", "no"})


@dataclass(frozen=True, slots=True)
class Submission:
    """A comment that may come past the edge. Its repr shows neither the address nor a secret nor the text."""

    thread: str
    page_url: str
    page_title: str
    parent_id: str | None
    name: str = field(repr=False)
    email: Address = field(repr=False)
    website: str | None = field(repr=False)
    body: str = field(repr=False)
    notify: bool
    notify_replies: bool
    confirm: bool
    honeypot_filled: bool
    token: str | None = field(repr=False)
    earlier_receipt: str | None = field(repr=False)
    # The version of the site's terms that was accepted; "" where it has none.
    terms: str = ""


def read_submission(
    raw: RawSubmission, settings: SiteSettings, origins: Collection[str], page: str | None = None
) -> Submission:
    """The checked submission. Raises Invalid with one FieldError for each field that needs another look.

    `page`: the page of the site that the reader's browser names, where it does; it stands in for a `page_url` that
    is none of the site's.
    """
    fields = _Fields(raw)
    thread = fields.thread("thread")
    page_url = fields.page_url("page_url", origins, page)
    page_title = title_of_page(fields.typed("page_title"))
    parent_id = fields.parent("parent_id")
    name = fields.name("name", settings.name_max)
    email = fields.email("email", offer=fields.flag("offer_correction"))
    website = fields.website("website", settings.website is not WebsiteField.OFF)
    body = fields.body("body", settings)
    notify, notify_replies, confirm = (fields.flag(name) for name in ("notify", "notify_replies", "confirm"))
    terms = fields.terms("terms", settings.terms.version)
    honeypot = fields.text(HONEYPOT)
    token, earlier = fields.text("token"), fields.text("earlier_receipt")
    fields.raise_errors()
    assert email is not None
    return Submission(
        thread=thread,
        page_url=page_url,
        page_title=page_title,
        parent_id=parent_id,
        name=name,
        email=email,
        website=website,
        body=body,
        notify=notify,
        notify_replies=notify_replies,
        confirm=confirm,
        terms=terms,
        honeypot_filled=bool(honeypot.strip()),
        token=token[: TOKEN_MAX + 1] or None,
        earlier_receipt=earlier[:TOKEN_MAX] or None,
    )


def read_edit(values: Any, settings: SiteSettings) -> tuple[str, int | None]:
    """The `body` of an edit, under the same rules, and the `version` it began with, where it says. Raises Invalid."""
    fields = _Fields(RawSubmission(values))
    body, version = fields.body("body", settings), fields.version("version")
    fields.raise_errors()
    return body, version


def read_thread_key(key: str) -> str:
    """A thread's key from a query. Raises InvalidQuery."""
    fault = key_fault(key)
    if fault is not None:
        raise InvalidQuery(errors=[FieldError("thread", *fault)])
    return key


def title_of_page(typed: str) -> str:
    """It is shown to everyone; of a reader's own page ("Inbox of …") it may hold an address, also where it is cut."""
    if typed in _clean_titles:
        return typed
    looked_at = title(typed, _TITLE_LOOKED_AT)
    found = "" if holds_address(looked_at) else title(looked_at, TITLE_MAX)
    if found == typed:
        if len(_clean_titles) >= _CLEAN_TITLES_KEPT:
            _clean_titles.clear()
        _clean_titles.add(typed)
    return found


class _Fields:
    """Reads one field at a time and collects what is wrong with it: at most one error a field."""

    def __init__(self, raw: RawSubmission) -> None:
        self._values = raw.values
        self._form = raw.form
        self.errors: list[FieldError] = []
        self._wrong: set[str] = set()
        self._suggestion: str | None = None

    def raise_errors(self) -> None:
        if self.errors:
            extra = {"suggestion": self._suggestion} if self._suggestion else None
            raise Invalid(errors=self.errors, extra=extra)

    def _error(self, name: str, code: str, message: str) -> None:
        if name not in self._wrong:
            self._wrong.add(name)
            self.errors.append(FieldError(name, code, message))

    def typed(self, name: str) -> str:
        """The field as it came; empty when it is missing or no text."""
        value = self._values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._error(name, "not_text", N_("This has to be text."))
            return ""
        return value

    def text(self, name: str) -> str:
        """The field without what stands for no character, with one kind of newline."""
        return mended(self.typed(name))

    def flag(self, name: str) -> bool:
        value = self._values.get(name)
        if isinstance(value, bool) or value is None:
            return bool(value)
        if self._form and isinstance(value, str) and value.lower() in _YES | _NO:
            return value.lower() in _YES
        self._error(name, "not_a_flag", N_("This has to be true or false."))
        return False

    def version(self, name: str) -> int | None:
        """A number of a text, also as a form writes it."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._error(name, "not_a_number", "This has to be the number of a text.")
        return None

    def thread(self, name: str) -> str:
        key = self._values.get(name) or ""
        if not isinstance(key, str):
            self._error(name, "not_text", N_("This has to be text."))
            return ""
        fault = key_fault(key)
        if fault is not None:
            self._error(name, *fault)
        return key

    def page_url(self, name: str, origins: Collection[str], page: str | None) -> str:
        typed = self.typed(name)
        if not typed:
            self._error(name, "required", N_("Say which page this comment stands on."))
            return ""
        # A canonical link may name the site that an article was taken over from: then the page itself is meant.
        url = own_page(typed, origins, page) or (own_page(page, origins) if page is not None else None)
        if url is not None:
            return url
        if is_web_address(typed):
            words = N_(
                "Comments are not taken from this page. Please open the article on the site itself, and send it from "
                "there."
            )
            self._error(name, "foreign_page", words)
        else:
            self._error(name, "not_a_web_address", N_("The page's address has to begin with http:// or https://."))
        return ""

    def name(self, name: str, most: int) -> str:
        """One line of text: NFC, spaces joined, at most `most` characters of which one at least can be seen."""
        text = one_line(self.typed(name))
        if len(text) > most:
            words: str = nphrase(
                "Your name may have %(num)s character; this has %(has)s.",
                "Your name may have %(num)s characters; this has %(has)s.",
                most,
                has=len(text),
            )
            self._error(name, "too_long", words)
        elif not visible(text, 1):
            self._error(name, "required", N_("Your name is missing."))
        elif holds_address(text):
            words = N_("Names are published: please don't use your e-mail address as one.")
            self._error(name, "looks_like_email", words)
        return text

    def email(self, name: str, *, offer: bool) -> Address | None:
        typed = self.typed(name)
        if name in self._wrong:
            return None
        if not one_line(typed):
            self._error(name, "required", N_("Your e-mail address is missing. It will not be published."))
            return None
        try:
            address = read_address(typed)
        except InvalidAddress as error:
            self._suggestion = error.suggestion
            words: str = N_("This is not a complete e-mail address.")
            if error.suggestion:
                words = phrase(
                    "This is not a complete e-mail address. Did you mean %(domain)s?", domain=error.suggestion
                )
            self._error(name, "not_an_address", words)
            return None
        if offer and (meant_domain := suggestion(address.domain)):
            self._suggestion = meant_domain
            meant: str = phrase(
                "Did you mean %(domain)s? If the address is right, send the comment again.", domain=meant_domain
            )
            self._error(name, "email_typo", meant)
        return address

    def website(self, name: str, asked: bool) -> str | None:
        typed = one_line(self.typed(name))
        if not typed:
            return None
        if not asked:
            self._error(name, "not_asked", N_("This site does not ask for a website."))
        elif len(typed) > URL_MAX:
            words = nphrase(
                "A website's address may have %(num)s character.",
                "A website's address may have %(num)s characters.",
                URL_MAX,
            )
            self._error(name, "too_long", words)
        else:
            try:
                url = read_website(typed)
            except InvalidWebsite as error:
                self._error(name, "not_a_web_address", error.message)
            else:
                if url is None or not holds_address(url):
                    return url
                published: str = N_("Websites are published: please leave the e-mail address out of it.")
                self._error(name, "looks_like_email", published)
        return None

    def body(self, name: str, settings: SiteSettings) -> str:
        text = trimmed(self.typed(name))
        fault = body_fault(text, settings)
        if fault is not None:
            self._error(name, *fault)
        return text

    def terms(self, name: str, version: str) -> str:
        """The version in force, which has to be the one that was accepted; what a site without terms gets is let be."""
        if not version:
            return ""
        accepted = one_line(self.typed(name))
        if not accepted:
            self._error(name, "required", N_("Please accept the terms first."))
        elif accepted != version:
            words = N_("The terms have changed meanwhile: please read and accept them once more.")
            self._error(name, "changed", words)
        return version

    def parent(self, name: str) -> str | None:
        value = one_line(self.typed(name))
        if value and not is_id(value):
            self._error(name, *UNKNOWN_PARENT)
        return value or None


UNKNOWN_PARENT = ("unknown_parent", N_("The comment you reply to is not here any more."))
