"""Mails: their words, and what every one of them has.

No word of a mail comes from a reader: whoever types a stranger's address must not get to write to them.
"""

from collections.abc import Sequence
from datetime import datetime
from email import message_from_string
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from textwrap import wrap
from typing import NamedTuple
from urllib.parse import urlsplit

from service.localization import ENGLISH, direction, gettext, has_blanks, ngettext, speaking, speaking_to_reader
from service.settings import Settings

# Wide enough that no link is folded: a folded or encoded one is dead in some programs.
_POLICY = SMTP.clone(max_line_length=900)
# Of a text's lines, in characters.
_WIDTH = 76
# U+2068 and U+2069: what stands between runs its own way.
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


class MailDetails(NamedTuple):
    """What every mail needs: who, to whom, when, in which language, and the links of this one comment."""

    id: str
    to: str
    site_name: str
    link: str
    unsubscribe: str
    now: datetime
    language: str = ENGLISH


class Letter(NamedTuple):
    """A mail in its envelope: SMTP is told these two addresses, and they are those of `From` and `To`."""

    message: EmailMessage
    sender: str
    recipient: str


class NotOneAddress(ValueError):
    """Read as mail programs read it, the mail names somebody else. Quotes nobody."""


def enclosed(settings: Settings, message: EmailMessage, recipient: str) -> Letter:
    """The mail with its envelope, once it has been read back. Raises NotOneAddress.

    Python writes headers by parsing what it was given, so that even an address set by its parts can come out as
    another one (an encoded word is decoded, for one): what goes over the line is looked at.
    """
    sender = sender_of(settings).addr_spec
    try:
        read = message_from_string(message.as_bytes().decode(), policy=_POLICY)
        named = [[address.addr_spec for address in read[header].addresses] for header in ("From", "To")]
    except (MessageError, ValueError):
        raise NotOneAddress("a header cannot be written") from None
    if named != [[sender], [recipient]] or read.keys() != message.keys():
        raise NotOneAddress("the headers name somebody else")
    return Letter(message, sender, recipient)


def sender_of(settings: Settings) -> Address:
    """Who mails come from."""
    return settings.mail_from or Address(username="comments", domain=_host(settings))


def confirmation(settings: Settings, envelope: MailDetails) -> EmailMessage:
    """Asks whether a comment is the reader's own. The link opens a page; only its button confirms."""
    with speaking_to_reader(envelope.language):
        site = _name_in_sentence(envelope)
        return _mail(
            settings,
            envelope,
            gettext("Please confirm your comment on %(site)s", site=_line(envelope.site_name)),
            gettext(
                "A comment was written on %(site)s, and this e-mail address was given with it. If you wrote it, please "
                "open this page within seven days. It shows the comment, and any other that waits for you there; press "
                "the button beside what is yours:",
                site=site,
            ),
            envelope.link,
            gettext("Confirming shows that the comment is yours. Your e-mail address will not be published."),
            gettext("If you did not write it, you need not do anything; on that page you can also say so."),
        )


def published(settings: Settings, envelope: MailDetails) -> EmailMessage:
    """Tells a reader who asked for it, and whose comment is proven, that it is now published."""
    with speaking_to_reader(envelope.language):
        return _mail(
            settings,
            envelope,
            gettext("Your comment on %(site)s is published", site=_line(envelope.site_name)),
            gettext("Your comment on %(site)s was approved. You find it here:", site=_name_in_sentence(envelope)),
            envelope.link,
            gettext("You get this mail because you asked for it with the comment."),
        )


def message_waits(settings: Settings, envelope: MailDetails) -> EmailMessage:
    """Tells a proven writer who asked for mail that the editors wrote to them; what, stands behind the link."""
    with speaking_to_reader(envelope.language):
        return _mail(
            settings,
            envelope,
            gettext("A message about your comment on %(site)s", site=_line(envelope.site_name)),
            gettext(
                "The editors of %(site)s have left you a message about your comment. You can read it here:",
                site=_name_in_sentence(envelope),
            ),
            envelope.link,
            gettext("That page is yours alone: whoever knows its address can read the comment there and withdraw it."),
            gettext("You get this mail because you asked for mail with the comment."),
        )


def replied(settings: Settings, envelope: MailDetails, links: Sequence[str], count: int) -> EmailMessage:
    """Tells a proven writer who asked for it of `count` published replies; `links` lead to the first of them."""
    others = count - len(links)
    with speaking_to_reader(envelope.language):
        site = _line(envelope.site_name)
        within = _name_in_sentence(envelope)
        subject, news = (
            (
                gettext("A reply to your comment on %(site)s", site=site),
                gettext("Somebody replied to your comment on %(site)s. You find the reply here:", site=within),
            )
            if count == 1
            else (
                ngettext(
                    "%(num)s reply to your comments on %(site)s",
                    "%(num)s replies to your comments on %(site)s",
                    count,
                    site=site,
                ),
                ngettext(
                    "There is %(num)s new reply to your comments in one conversation on %(site)s. You find it here:",
                    "There are %(num)s new replies to your comments in one conversation on %(site)s. You find them "
                    "here:",
                    count,
                    site=within,
                ),
            )
        )
        more = ngettext(
            "One more (%(num)s) stands in the same conversation.",
            "The others (%(num)s) stand in the same conversation.",
            others,
        )
        return _mail(
            settings,
            envelope,
            subject,
            news,
            "\n".join(links),
            *([more] if others > 0 else []),
            gettext("You get this mail because you asked for it with the comment."),
            way_out=gettext("If you do not want to hear of replies in this conversation any more:"),
        )


def _name_in_sentence(envelope: MailDetails) -> str:
    """The site's name as it stands in a text of ours: among words that run the other way it keeps its own."""
    name = _line(envelope.site_name)
    return f"{_ISOLATE}{name}{_END_ISOLATE}" if direction() == "rtl" else name


def _mail(settings: Settings, envelope: MailDetails, subject: str, *paragraphs: str, way_out: str = "") -> EmailMessage:
    """`paragraphs`: sentences, or links alone, one a line; greeting and the way out come by themselves."""
    never = gettext("If you never want to get mail about comments on %(site)s again:", site=_name_in_sentence(envelope))
    text = [gettext("Hello,"), *paragraphs, way_out or never, envelope.unsubscribe]
    host = _host(settings)
    to, _, domain = envelope.to.rpartition("@")
    sender = sender_of(settings)
    # RFC 6532: a local part in other letters has no form in ASCII.
    message = EmailMessage(policy=_POLICY.clone(utf8=not (sender.addr_spec + envelope.to).isascii()))
    # As parts, never as text to be parsed: a comma in a name would make two addresses of one.
    message["From"] = sender
    message["To"] = Address(username=to, domain=domain)
    message["Subject"] = subject
    message["Date"] = format_datetime(envelope.now)
    # The same for a repeated try: a mail program that gets both shows one.
    message["Message-ID"] = f"<{envelope.id.lower()}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    # RFC 8058: the mail program's own button posts there, without a page in between.
    message["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("\n\n".join(_wrapped(paragraph) for paragraph in text) + "\n")
    # After the content, which begins with no headers of its own.
    message["Content-Language"] = speaking()
    return message


def _wrapped(paragraph: str) -> str:
    """In lines, where the language has blanks to end them at, else a sentence a line; a link stays whole."""
    if not has_blanks():
        return "\n".join(paragraph.replace("。", "。\n").splitlines())
    lines = (wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False) for line in paragraph.split("\n"))
    return "\n".join(part for line in lines for part in line)


def _host(settings: Settings) -> str:
    return urlsplit(settings.public_url).hostname or "localhost"


def _line(text: str) -> str:
    """On one line, and never an encoded word: a subject is decoded wherever it is read."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split()).replace("=?", "= ?")
