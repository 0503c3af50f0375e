"""What is around the service: its public address, name servers, mail and what it was installed with."""

from collections.abc import Iterator

from service.cli.diagnostics.check import Check
from service.embedded.port import BEHIND_A_PROXY
from service.wiring import Services


def check_public_url(services: Services) -> Iterator[Check]:
    url = services.settings.public_url
    if url.startswith("https://") or not services.settings.secure:
        yield Check("public url", "ok", url)
    else:
        do = "put TLS in front and write https:// in REJOINDER_PUBLIC_URL"
        yield Check("public url", "problem", f"{url} is not encrypted, and cookies will not be sent to it", do)
    if not services.settings.secure and not services.settings.sqlite:
        do = "set REJOINDER_PUBLIC_URL to where readers reach the service"
        yield Check("public url", "note", "links lead to this machine: right for a trial only", do)
    if services.settings.secure and not services.settings.trusted_proxies:
        yield Check("proxy", "note", "REJOINDER_TRUSTED_PROXIES lists none", BEHIND_A_PROXY)


def check_language() -> Check:
    from service.moderation.policies.site_policy import detector

    if detector() is not None:
        return Check("language", "ok", "comments' languages are found out")
    what = "comments' languages are not found out: what depends on one may hold, and never refuses"
    return Check("language", "note", what, "pip install 'rejoinder[lang]', or pycld2 where that brings nothing along")


def check_approvals(services: Services) -> Iterator[Check]:
    if services.settings.approve_without_revision:
        found = "programs may approve a comment without saying which revision they have read"
        do = (
            "let them send expected_revision, then drop REJOINDER_APPROVE_WITHOUT_REVISION: the next release ignores it"
        )
        yield Check("approvals", "note", found, do)


def check_dns(services: Services) -> Check:
    import dns.resolver

    from service.moderation.network.name_servers import Belief, NameServers

    if not services.settings.dns:
        return Check("dns", "ok", "mail domains are not looked up: REJOINDER_DNS is off")
    without = "mail domains cannot be looked up, and no reader is held for it"
    do = "let the worker's machine ask working name servers, or set REJOINDER_DNS to off"
    try:
        servers = NameServers(dns.resolver.Resolver(), services.settings.dns_controls)
    except dns.resolver.NoResolverConfiguration:
        return Check("dns", "note", f"this machine has no name servers; {without}", do)
    controls = ", ".join(services.settings.dns_controls)
    found = {
        Belief.SILENT: "the name servers do not answer",
        Belief.KNOW_NOBODY: f"the name servers say that there is none of {controls}",
        Belief.KNOW_EVERYBODY: "the name servers answer for names that cannot exist",
    }.get(servers.belief())
    if found is None:
        return Check("dns", "ok", "the name servers know domains that exist, and none that cannot")
    return Check("dns", "note", f"{found}; {without}", do)


def check_mail(services: Services) -> Iterator[Check]:
    from service.mail.transports import MailDelayed, SmtpTransport
    from service.settings import starttls_of

    settings = services.settings
    if not settings.sends_mail:
        yield Check("mail", "note", "none is sent: no confirmations, no notices", "set SMTP_URL to send mail")
        return
    if settings.mail_dir is not None:
        yield Check("mail", "ok", f"kept as .eml files in {settings.mail_dir}")
        return
    if settings.mail_from is None:
        what = "no sender is set: mails come from comments@ and the public host"
        yield Check("mail", "note", what, "set REJOINDER_MAIL_FROM")
    if (told := starttls_of(settings.smtp_url)) != "required":
        plain = "never encrypted" if told == "never" else "not encrypted where the mail server offers no STARTTLS"
        yield Check(
            "mail", "note", f"mails are {plain}", f"take ?starttls={told} off SMTP_URL, unless the line is safe"
        )
    try:
        SmtpTransport(settings.smtp_url, timeout=5.0).try_out()
    except MailDelayed as error:
        do = "check SMTP_URL"
        if error.code == "not_encrypted":
            do = "use a server with TLS and a certificate that holds, or on a safe line add ?starttls=never to SMTP_URL"
        yield Check("mail", "problem", f"the mail server: {error.code.replace('_', ' ')}", do)
    else:
        yield Check("mail", "ok", "the mail server answers")
