"""The policy's pages: write, check, rehearse, switch on, compare, go back, repair. All of it by plain forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from models.queries.sites import newest_policy
from moderation_rules.policy.schema import SCHEMA_NAME
from moderation_rules.policy.yaml_document import shortened
from service.accounts.access import current_actor, open_to
from service.desk import wording
from service.desk.policy import types
from service.desk.policy.api import REQUEST_BYTES
from service.desk.policy.job_api import counted, keep_labels, start_rehearsal
from service.desk.policy.job_pages import show_job, undo_job
from service.desk.policy.views import lines_of, rollback_view
from service.desk.policy.views import view as view_version
from service.desk.requests import NUMBER_MOST, line_field, number_field, text_field
from service.desk.site_access import reached_site, site_named
from service.errors import BadRequest, Conflict, FieldError, Invalid, TooLarge, TooMany, Unavailable
from service.localization import Messages, gettext, translated
from service.localization import noop as N_
from service.moderation.jobs import repair
from service.moderation.jobs.repair_scope import Scope
from service.moderation.policies.differences import differences
from service.moderation.policies.versions import (
    check_policy,
    list_changes,
    put_version,
    roll_back,
    text_of,
    version_at,
)
from service.moderation.policies.word_lists import lists_of_site, remove, upload
from service.moderation.policies.wrong_findings import draft_of
from service.web_server.bodies import MOST_OF_A_LIST
from service.wiring import current_services

policy_pages = Blueprint("policy_pages", __name__, url_prefix="/moderate/sites/<site>/policy")

VERSIONS_SHOWN = 30
# A list at its limit and the form around it.
LIST_REQUEST_BYTES = MOST_OF_A_LIST + 16 * 1024
# Lines of the policy that are shown around a wrong one.
AROUND = 2
LONGEST_LINE = 500
SCOPES = {
    "100": (N_("the last 100 comments"), {"comments": 100}),
    "1000": (N_("the last 1,000 comments"), {"comments": 1000}),
    "7d": (N_("the last 7 days"), {"days": 7}),
    "30d": (N_("the last 30 days"), {"days": 30}),
}
REPAIRS: Mapping[str, str] = Messages(
    {"rejudge": N_("Judge anew by the policy in force"), "revert": N_("Put back as it was before")}
)
MESSAGES: Mapping[str, str] = Messages(
    {
        "on": N_("This version is in force now."),
        "labels": N_("Kept. Thank you for reading."),
        "uploaded": N_(
            "The list is here. It counts when a policy that names it is switched on; until then nothing changes."
        ),
        "kept": N_("This very list is in force already."),
        "removed": N_("The list is removed. Versions that went by it keep it."),
        "drafted": N_(
            "Below is a draft with one exception more. Rehearse it, then switch it on; nothing is changed yet."
        ),
    }
)


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A problem of the policy, with the lines around it: (number, text, whether it is the wrong one)."""

    line: int
    column: int
    message: str
    lines: list[tuple[int, str, bool]]


@policy_pages.before_request
def make_room() -> None:
    # Before anything reads the form: a policy may be larger than what readers send, a list larger still.
    request.max_content_length = LIST_REQUEST_BYTES if request.path.endswith("/lists") else REQUEST_BYTES
    request.max_form_memory_size = REQUEST_BYTES


@policy_pages.get("")
@open_to("viewer")
def page(site: str) -> str:
    if wrong := line_field(request.args, "wrong", 26):
        return _with_draft(site, wrong)
    return _page(site, message=MESSAGES.get(request.args.get("done", "")))


def _with_draft(site: str, wrong: str) -> str:
    """The page with an exception drafted into its text, for a finding that is said to be wrong. Nothing is changed."""
    with current_services().read() as session:
        at = site_named(session, site, "viewer")
        yaml = draft_of(session, at, wrong, text_of(session.scalar(newest_policy(at.id))))
    if yaml is None:
        return _page(
            site,
            trouble=gettext("No exception could be drafted into a policy written like this one. Write it by hand."),
        )
    return _page(
        site, yaml=yaml, note=gettext("An exception for a finding that was wrong"), message=MESSAGES["drafted"]
    )


@policy_pages.post("")
@open_to("moderator")
def act(site: str) -> Any:
    """The one form around the text: check it, rehearse it, or switch it on."""
    yaml = request.form.get("yaml", "").replace("\r\n", "\n")
    note = text_field(request.form, "note", 500)
    what = request.form.get("what", "check")
    try:
        if what == "rehearse":
            _, scope = SCOPES.get(request.form.get("over", ""), SCOPES["1000"])
            services, actor = current_services(), current_actor()
            job = start_rehearsal(services, actor, site, types.RehearsalBody(policy=yaml, **scope))
            return _to(site, f"/jobs/{job.id}")
        if what == "on":
            services, actor = current_services(), current_actor()
            put_version(services, actor, reached_site(site, "admin"), yaml, note, _number("expected"))
            return _to(site, "?done=on")
        check_policy(current_services(), current_actor(), reached_site(site, "viewer"), yaml)
    except Invalid as wrong:
        return _page(site, yaml=yaml, note=note, wrong=_wrong_lines(yaml, wrong)), wrong.status
    except Conflict as conflict:
        still_here = gettext("Your text is still here: compare it with the newest version.")
        trouble = f"{translated(conflict.title)}. {translated(conflict.detail)} {still_here}"
        return _page(site, yaml=yaml, note=note, trouble=trouble), conflict.status
    except (TooMany, Unavailable) as busy:
        still_here = gettext("Your text is still here: try again in a moment.")
        trouble = f"{translated(busy.title)}. {translated(busy.detail)} {still_here}"
        return _page(site, yaml=yaml, note=note, trouble=trouble), busy.status, busy.headers
    return _page(site, yaml=yaml, note=note, message=gettext("Nothing is wrong with this policy."))


@policy_pages.post("/rollback")
@open_to("admin")
def rollback(site: str) -> Any:
    to, expected = _number("version"), _number("expected")
    if to is None:
        raise BadRequest("Say to which version.")
    at = reached_site(site, "admin")
    services = current_services()
    try:
        done = roll_back(services, current_actor(), at, to, "", expected)
    except Conflict as conflict:
        return _page(site, trouble=f"{translated(conflict.title)}. {translated(conflict.detail)}"), conflict.status
    with services.read() as session:
        shown = rollback_view(session, at, done)
    message = gettext(
        "The text of version %(old)s is in force again, as version %(new)s.", old=to, new=shown.policy.version
    )
    return _page(site, message=message, offers=shown.repairs)


@policy_pages.post("/repair")
@open_to("moderator")
def repair_version(site: str) -> Any:
    """Counts what a repair of one version's work would do; with `go` it is begun."""
    at = reached_site(site, "moderator")
    scope = Scope(policy_version=line_field(request.form, "policy_version", 40))
    try:
        action = repair.Repair(request.form.get("action", ""))
    except ValueError:
        raise Invalid(errors=[FieldError("action", "unknown_value", "There is no such repair.")]) from None
    services, actor = current_services(), current_actor()
    if not scope.policy_version:
        raise BadRequest("Say which version's work is to be repaired.")
    if request.form.get("go"):
        job = repair.begin(services, actor, at, scope, action, as_of=request.form.get("as_of"))
        return _to(site, f"/jobs/{job.id}")
    found = counted(services, actor, at, scope, action)
    return _page(site, counted={"found": found, "action": action.value, "version": scope.policy_version})


@policy_pages.post("/lists")
@open_to("admin")
def lists(site: str) -> Any:
    """Uploads a list from a file, or removes one."""
    at = reached_site(site, "admin")
    services, actor = current_services(), current_actor()
    try:
        if name := request.form.get("remove"):
            remove(services, actor, at, name[:100])
            return _to(site, "?done=removed#lists")
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Invalid(gettext("Choose a file first."))
        name = request.form.get("name", "").strip() or file.filename
        kept = upload(services, actor, at, name[:101], file.stream.read(MOST_OF_A_LIST + 1))
    except (Invalid, Conflict, TooLarge) as refused:
        return _page(site, list_trouble=translated(refused.detail or refused.title)), refused.status
    return _to(site, "?done=kept#lists" if kept.in_force else "?done=uploaded#lists")


@policy_pages.get("/jobs/<job_id>")
@open_to("viewer")
def job(site: str, job_id: str) -> str | AnyResponse:
    return show_job(site, job_id, of_policy=True, message=MESSAGES.get(request.args.get("done", ""), ""))


@policy_pages.post("/jobs/<job_id>/undo")
@open_to("moderator")
def undo(site: str, job_id: str) -> AnyResponse:
    del site  # The job says of which site it is.
    return undo_job(job_id)


@policy_pages.post("/jobs/<job_id>/labels")
@open_to("moderator")
def label(site: str, job_id: str) -> AnyResponse:
    given: dict[str, str | None] = {
        name.removeprefix("label."): value if value in ("publish", "stop") else None
        for name, value in request.form.items()
        if name.startswith("label.")
    }
    answer = keep_labels(current_services(), current_actor(), job_id, given)
    return _to(answer.site, f"/jobs/{answer.id}?done=labels")


def _page(
    slug: str,
    *,
    yaml: str | None = None,
    note: str = "",
    wrong: list[WrongLine] | None = None,
    trouble: str = "",
    list_trouble: str = "",
    message: str | None = None,
    offers: list[types.Offer] | None = None,
    counted: dict[str, Any] | None = None,
) -> str:
    actor = current_actor()
    asked = number_field(request.args, "version", NUMBER_MOST)
    compare = number_field(request.args, "compare", NUMBER_MOST)
    with current_services().read() as session:
        site = site_named(session, slug, "viewer")
        current = view_version(session, site, version_at(session, site, None))
        shown = current if asked is None else view_version(session, site, version_at(session, site, asked))
        versions, _ = lines_of(session, site, VERSIONS_SHOWN)
        found_lists = lists_of_site(session, site)
        diff, list_diff = None, []
        if compare is not None:
            newer, older = version_at(session, site, compare), version_at(session, site, max(0, compare - 1))
            diff = differences(text_of(older), text_of(newer))
            list_diff = list_changes(older, newer)
    return render_template(
        "desk/policy.html",
        site=site,
        actor=actor,
        current=current,
        shown=shown,
        yaml=shown.yaml if yaml is None else yaml,
        schema_line=f"# yaml-language-server: $schema={current_services().settings.public_url}/{SCHEMA_NAME}",
        note=note,
        wrong=wrong or [],
        trouble=trouble,
        list_trouble=list_trouble,
        lists=found_lists,
        list_diff=list_diff,
        message=message,
        versions=versions,
        compare=compare,
        diff=diff,
        offers=offers,
        counted=counted,
        scopes=SCOPES,
        repairs=REPAIRS,
        verdicts=wording.VERDICTS,
        is_admin=actor.can("admin", site.id),
        can_moderate=actor.can("moderator", site.id),
    )


def _wrong_lines(yaml: str, wrong: Invalid) -> list[WrongLine]:
    lines = yaml.split("\n")
    problems = wrong.extra.get("problems") or [
        {"line": 1, "column": 1, "path": "", "message": error.message} for error in wrong.errors
    ]
    return [
        WrongLine(
            line=found["line"],
            column=found["column"],
            message=f"{found['path']}: {found['message']}" if found["path"] else found["message"],
            lines=[
                (n, shortened(lines[n - 1], LONGEST_LINE), n == found["line"])
                for n in range(max(1, found["line"] - AROUND), min(len(lines), found["line"] + AROUND) + 1)
            ],
        )
        for found in problems
    ]


def _number(name: str) -> int | None:
    """A version's number from a form; None for none. Raises BadRequest for anything else."""
    found = number_field(request.form, name, NUMBER_MOST)
    if found is None and request.form.get(name):
        raise BadRequest("A version is a number.")
    return found


def _to(slug: str, rest: str) -> AnyResponse:
    return redirect(f"/moderate/sites/{slug}/policy{rest}", 303)
