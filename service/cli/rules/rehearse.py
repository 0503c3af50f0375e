"""`rejoinder rules rehearse`: a changed policy over a site's past comments, beside a running service or without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.installation import Installation, on_installation
from service.cli.rules.policy_files import lists_beside, policy_text

if TYPE_CHECKING:
    from rich.console import Console

    from service.moderation.jobs.report import LabelAgreement, Rehearsed, Share


@click.command()
@click.option("--site", "slug", required=True, metavar="SLUG", help="The site whose comments are judged anew.")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The changed policy (YAML).",
)
@click.option("--last", type=click.IntRange(1, 100_000), metavar="N", help="Over the last N comments (1,000).")
@click.option("--days", type=click.IntRange(1, 90), metavar="D", help="Over the last D days instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def rehearse(
    installation: Installation, slug: str, policy_file: Path, last: int | None, days: int | None, as_json: bool
) -> None:
    """Show what a changed policy would have done to past comments. Changes nothing.

    Lists that it names are looked for beside it, then among the site's own, of which the newest count.
    """
    import msgspec
    from rich.console import Console
    from rich.progress import Progress

    from moderation_rules import PolicyError
    from service.cli.lookup import find_site
    from service.moderation.jobs.rehearsal import COMMENTS_UNASKED, rehearse_in_process
    from service.moderation.jobs.report import pace, rehearsed

    if last is not None and days is not None:
        raise click.UsageError("give --last or --days, not both")
    if last is None and days is None:
        last = COMMENTS_UNASKED
    yaml, beside = policy_text(policy_file), lists_beside(policy_file)
    with installation.services() as services:
        with services.read() as session:
            site = find_site(session, slug)
            seconds = pace(session, site.id)
        tally = {}
        with Progress(console=Console(stderr=True, highlight=False), transient=True) as progress:
            task = progress.add_task("Judging anew", total=None)
            try:
                for job in rehearse_in_process(services, site, yaml, beside=beside, comments=last, days=days):
                    progress.update(task, total=job.total, completed=job.done)
                    tally = job.tally
            except PolicyError as error:
                raise click.ClickException(f"{policy_file}: {error.errors[0]}") from None
    report = rehearsed(tally, seconds)
    if as_json:
        cases = [{key: value for key, value in case.items() if key != "lot"} for case in tally.get("cases", ())]
        click.echo(json.dumps({"site": slug, **msgspec.to_builtins(report), "cases": cases}))
    else:
        _print(Console(highlight=False), report)


def _print(console: Console, report: Rehearsed) -> None:
    from rich.table import Table

    from moderation_rules.text.counting import counted

    console.print(f"{counted(report.looked_at, 'comment')} looked at, {_share(report.replayed)} truly replayed.")
    for why, count in report.not_replayed.items():
        console.print(f"  not replayed, {why.replace('_', ' ').replace(':', ': ')}: {count:,}")
    console.print(f"{_share(report.changed)} would be decided otherwise.")
    changes = [change for change in report.changes if change.from_ != change.to]
    if changes:
        table = Table("was", "would be", "comments")
        for change in changes:
            table.add_row(change.from_, change.to, f"{change.count:,}")
        console.print(table)
    console.print(f"Against what people decided ({counted(report.people.comments, 'comment')}):")
    if report.people.comments:
        table = Table("", "now", "with this policy")
        for label, name in (
            ("let through, of what people refused", "let_through"),
            ("refused, of what people published", "stopped"),
            ("held, of what people published", "held"),
        ):
            table.add_row(label, *(_against(side, name) for side in (report.people.before, report.people.after)))
        console.print(table)
    else:
        console.print("  nobody has decided on any of these; the machine's own decisions prove nothing.")
    hours = report.hours
    if hours.busiest is not None:
        console.print(
            f"Busiest hour {hours.busiest}: {counted(hours.comments, 'comment')}, {hours.held_before:,} held then, "
            f"{hours.held_after:,} with this policy ({hours.extra:+,}; {hours.extra_minutes_at_busiest:+g} minutes)."
        )
        console.print(
            f"In all {hours.extra_in_all:+,} held: {hours.extra_minutes:+g} minutes of work, "
            f"at {hours.seconds_a_decision:g} s a comment."
        )
    if report.rules:
        table = Table("rule", "begins to count", "ends to count")
        for rule in report.rules:
            table.add_row(rule.rule, f"{rule.begins:,}", f"{rule.ends:,}")
        console.print(table)


def _against(side: LabelAgreement, name: str) -> str:
    share: Share = getattr(side, name)
    return _share(share)


def _share(share: Share) -> str:
    """`12 of 340 (3.5%, between 2.0% and 6.1%)`."""
    if share.share is None or share.low is None or share.high is None:
        return f"{share.hits:,} of {share.of:,}"
    return f"{share.hits:,} of {share.of:,} ({share.share:.1%}, between {share.low:.1%} and {share.high:.1%})"
