"""Mails: their words, and what every one of them has.

No word of a mail comes from a reader: whoever types a stranger's address must not get to write to them.
"""

from datetime import datetime
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


def _mail(settings: Settings, envelope: MailDetails, subject: str, text: str) -> EmailMessage:
    host = urlsplit(settings.public_url).hostname or "localhost"
    message = EmailMessage(policy=_POLICY)
    to, _, domain = envelope.to.rpartition("@")
    # As parts, never as text to be parsed: a comma in a name would make two addresses of one.
    message["From"] = settings.mail_from or Address(username="comments", domain=host)
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


def _line(text: str) -> str:
    return " ".join(text.split())
