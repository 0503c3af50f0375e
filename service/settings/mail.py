"""Who mails come from, and by which server they go."""

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.headerregistry import Address
from urllib.parse import parse_qsl, urlsplit

import idna

from service.errors import Misconfigured

# Name <address>, with or without quotes around the name; or the older address (Name).
_NAMED = re.compile(r"(?P<name>.*?)\s*<\s*(?P<address>[^<>\s]*)\s*>")
_COMMENTED = re.compile(r"(?P<address>[^\s()]+)\s*\((?P<name>.*)\)")
# No encoded word: programs decode it to somebody else.
_LOCAL_PART = re.compile(r"(?!-|.*=\?)[^\s\x00-\x20\x7f@<>()\[\],;:\"\\]{1,64}")


def sender(name: str, text: str) -> Address | None:
    """Who mails come from; None where nothing is set. What is no address raises Misconfigured."""
    if not text:
        return None
    found = _NAMED.fullmatch(text) or _COMMENTED.fullmatch(text)
    shown, address = (found["name"], found["address"]) if found else ("", text)
    if len(shown) > 1 and shown[0] == shown[-1] == '"':
        shown = re.sub(r"\\(.)", r"\1", shown[1:-1])
    local, _, domain = address.rpartition("@")
    try:
        if "=?" in shown:
            shown = str(make_header(decode_header(shown)))
        ascii_domain = idna.encode(domain, uts46=True).decode()
    except (ValueError, LookupError, HeaderParseError):  # idna.IDNAError is a ValueError (UnicodeError).
        ascii_domain = ""
    if not (ascii_domain and _LOCAL_PART.fullmatch(local)) or not shown.replace("\t", " ").isprintable():
        # The command line hides addresses, so that none is quoted and none is the example.
        raise Misconfigured(f"{name} is no sender; write a name and one address in angle brackets, as News <ADDRESS>")
    return Address(display_name=" ".join(shown.split()), username=local, domain=ascii_domain)


def smtp_address(url: str) -> str:
    if not url:
        return url
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # A port that is none, a broken IPv6 literal.
        good = False
    if not good:
        raise Misconfigured("SMTP_URL must be smtp://host or smtps://host; a password's signs are written as %2F")
    starttls_of(url)
    return url


def starttls_of(smtp_url: str) -> str:
    """Whether a mail server at `smtp://` has to encrypt: "required", "optional" or "never". Raises Misconfigured."""
    parts = urlsplit(smtp_url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    found = asked.pop("starttls", "required")
    if asked or parts.path.strip("/") or parts.fragment or found not in {"required", "optional", "never"}:
        # The URL may hold a password: it is not quoted.
        raise Misconfigured("SMTP_URL ends with its host and port, or with ?starttls=required, optional or never")
    if "starttls" in parts.query and parts.scheme == "smtps":
        raise Misconfigured("SMTP_URL: smtps:// is always encrypted and takes no starttls")
    return found
