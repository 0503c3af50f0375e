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
from typing import NamedTuple
from urllib.parse import urlsplit

from service.settings import Settings

# Wide enough that no link is folded: a folded or encoded one is dead in some programs.
_POLICY = SMTP.clone(max_line_length=900)


class MailDetails(NamedTuple):
    """What every mail needs: who, to whom, when, and the links of this one comment."""

    id: str
    to: str
    site_name: str
    link: str
    unsubscribe: str
    now: datetime


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
    site = _line(envelope.site_name)
    return _mail(
        settings,
        envelope,
        f"Please confirm your comment on {site}",
        f"""Hello,

a comment was written on {site}, and this e-mail address was given with it.
If you wrote it, please open this page within seven days. It shows the comment, and any other that waits for
you there; press the button beside what is yours:

{envelope.link}

Confirming shows that the comment is yours. Your e-mail address will not be published.

If you did not write it, you need not do anything; on that page you can also say so.
If you never want to get mail about comments on {site} again:

{envelope.unsubscribe}
""",
    )


def published(settings: Settings, envelope: MailDetails) -> EmailMessage:
    """Tells a reader who asked for it, and whose comment is proven, that it is now published."""
    site = _line(envelope.site_name)
    return _mail(
        settings,
        envelope,
        f"Your comment on {site} is published",
        f"""Hello,

your comment on {site} was approved. You find it here:

{envelope.link}

You get this mail because you asked for it with the comment.
If you never want to get mail about comments on {site} again:

{envelope.unsubscribe}
""",
    )


def message_waits(settings: Settings, envelope: MailDetails) -> EmailMessage:
    """Tells a proven writer who asked for mail that the editors wrote to them; what, stands behind the link."""
    site = _line(envelope.site_name)
    return _mail(
        settings,
        envelope,
        f"A message about your comment on {site}",
        f"""Hello,

the editors of {site} have left you a message about your comment. You can read it here:

{envelope.link}

That page is yours alone: whoever knows its address can read the comment there and withdraw it.

You get this mail because you asked for mail with the comment.
If you never want to get mail about comments on {site} again:

{envelope.unsubscribe}
""",
    )


def replied(settings: Settings, envelope: MailDetails, links: Sequence[str], count: int) -> EmailMessage:
    """Tells a proven writer who asked for it of `count` published replies; `links` lead to the first of them."""
    site = _line(envelope.site_name)
    if count == 1:
        subject = f"A reply to your comment on {site}"
        news = f"somebody replied to your comment on {site}. You find the reply here:"
    else:
        subject = f"{count:,} replies to your comments on {site}"
        news = f"there are {count:,} new replies to your comments in one conversation on {site}. You find them here:"
    addresses = "\n".join(links)
    more = f"\nThe others ({count - len(links):,}) stand in the same conversation.\n" if count > len(links) else ""
    return _mail(
        settings,
        envelope,
        subject,
        f"""Hello,

{news}

{addresses}
{more}
You get this mail because you asked for it with the comment.
If you do not want to hear of replies in this conversation any more:

{envelope.unsubscribe}
""",
    )


def _mail(settings: Settings, envelope: MailDetails, subject: str, text: str) -> EmailMessage:
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
    message.set_content(text)
    return message


def _host(settings: Settings) -> str:
    return urlsplit(settings.public_url).hostname or "localhost"


def _line(text: str) -> str:
    """On one line, and never an encoded word: a subject is decoded wherever it is read."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split()).replace("=?", "= ?")
