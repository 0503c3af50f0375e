"""The ways out for mails: an SMTP server, or a folder of .eml files.

Nothing raised or logged here quotes an address or a server's answer, which may quote one.
"""

import os
import smtplib
import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from service.mail.messages import Letter
from service.settings import Settings, starttls_of

TIMEOUT = 10.0


class MailRefused(Exception):
    """This mail will never be taken. `code` is a word of ours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MailDelayed(Exception):
    """Not now, perhaps later. `everywhere`: no other mail would get through either."""

    def __init__(self, code: str, *, everywhere: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.everywhere = everywhere


class MailTransport(Protocol):
    """A way out for mails."""

    def send(self, letter: Letter) -> None:
        """Raises MailRefused or MailDelayed."""

    def close(self) -> None:
        """After a batch."""


def mail_transport(settings: Settings) -> MailTransport | None:
    """The way out that the settings name; none when they name none. A folder goes before a server."""
    if settings.mail_dir is not None:
        return FolderTransport(settings.mail_dir)
    return SmtpTransport(settings.smtp_url) if settings.smtp_url else None


class FolderTransport:
    """Keeps every mail as an .eml file, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, letter: Letter) -> None:
        name = str(letter.message["Message-ID"]).strip("<>").partition("@")[0]
        part = self._folder / f".{name}.part"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(letter.message.as_bytes())
            part.replace(self._folder / f"{name}.eml")
        except OSError:
            raise MailDelayed("folder_not_writable", everywhere=True) from None

    def close(self) -> None:
        pass


class SmtpTransport:
    """An SMTP server by URL: `smtps://`, or `smtp://` with STARTTLS. One connection a batch.

    Whoever sits on the line can take the offer of STARTTLS out of it, so a server that offers none gets no mail, unless
    it is on this machine or the URL says `?starttls=optional` (as it is offered) or `?starttls=never`. A password never
    goes over a line that is not encrypted, but for loopback, whatever the URL says.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self._url: SplitResult = urlsplit(url)
        self._starttls = starttls_of(url)
        self._timeout = timeout
        self._line: smtplib.SMTP | None = None

    def try_out(self) -> None:
        """Connects and signs in without sending anything. Raises MailDelayed."""
        self._open()
        self.close()

    def send(self, letter: Letter) -> None:
        line = self._open()
        try:
            # Told to whom, so that no header is parsed for it.
            line.send_message(letter.message, letter.sender, [letter.recipient])
        except smtplib.SMTPRecipientsRefused as error:
            _raise_for(max((code for code, _ in error.recipients.values()), default=450), "address_refused")
        except smtplib.SMTPSenderRefused:
            # The sender is a setting of ours: once it is put right, the mails that wait go out.
            raise MailDelayed("sender_refused", everywhere=True) from None
        except (smtplib.SMTPNotSupportedError, ValueError):
            # An address in letters that this server does not know (RFC 6531); a ValueError would quote it.
            raise MailRefused("address_not_supported") from None
        except smtplib.SMTPResponseException as error:
            _raise_for(error.smtp_code, "mail_refused")
        except (OSError, smtplib.SMTPException):
            self.close()
            raise MailDelayed("line_lost") from None

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            try:
                line.quit()
            except (OSError, smtplib.SMTPException):
                line.close()

    def _open(self) -> smtplib.SMTP:
        try:
            if self._line is None:
                self._line = self._connect()
        except smtplib.SMTPAuthenticationError:
            raise MailDelayed("sign_in_refused", everywhere=True) from None
        except ssl.SSLError:
            raise MailDelayed("not_encrypted", everywhere=True) from None
        except (OSError, smtplib.SMTPException):
            raise MailDelayed("unreachable", everywhere=True) from None
        return self._line

    def _connect(self) -> smtplib.SMTP:
        host = self._url.hostname or ""
        loopback = _is_loopback(host)
        context = ssl.create_default_context()
        if loopback:
            # A mail server on the same machine often has a certificate that nobody could check.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self._url.scheme == "smtps":
            secure = smtplib.SMTP_SSL(host, self._url.port or 465, timeout=self._timeout, context=context)
            return self._sign_in(secure, safe=True)
        line = smtplib.SMTP(host, self._url.port or (587 if self._url.username else 25), timeout=self._timeout)
        try:
            line.ehlo_or_helo_if_needed()
            encrypted = self._starttls != "never" and line.has_extn("starttls")
            if encrypted:
                line.starttls(context=context)
            elif self._starttls == "required" and not loopback:
                raise ssl.SSLError("the mail server offers no encryption")
        except BaseException:
            line.close()
            raise
        return self._sign_in(line, safe=encrypted or loopback)

    def _sign_in(self, line: smtplib.SMTP, *, safe: bool) -> smtplib.SMTP:
        try:
            if self._url.username:
                if not safe:
                    raise ssl.SSLError("the mail server offers no encryption for the password")
                line.login(unquote(self._url.username), unquote(self._url.password or ""))
        except BaseException:
            line.close()
            raise
        return line


def _raise_for(status: int, code: str) -> None:
    """RFC 5321, 4.2.1: 4xx is for now, 5xx for good."""
    if 400 <= status < 500:
        raise MailDelayed(code) from None
    raise MailRefused(code) from None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
