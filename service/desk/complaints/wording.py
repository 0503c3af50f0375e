"""Reports and appeals in words."""

from collections.abc import Mapping

from models import AppealOutcome, ReportOutcome, ReportReason
from service.desk.types import AppealView, ReportedNow
from service.localization import Messages, gettext, ngettext
from service.localization import noop as N_

REASONS: Mapping[ReportReason, str] = Messages(
    {
        ReportReason.SPAM: N_("Spam"),
        ReportReason.INSULT: N_("Insult"),
        ReportReason.HATE: N_("Hate"),
        ReportReason.THREAT: N_("Threat"),
        ReportReason.PERSONAL_DATA: N_("Personal data"),
        ReportReason.UNFOUNDED: N_("Unfounded"),
        ReportReason.OFF_TOPIC: N_("Off topic"),
        ReportReason.ILLEGAL: N_("Against the law"),
        ReportReason.CHILD_ABUSE: N_("Sexual abuse of children"),
        ReportReason.OTHER: N_("Something else"),
    }
)
OUTCOMES: Mapping[ReportOutcome, str] = Messages(
    {
        ReportOutcome.FOUNDED: N_("founded"),
        ReportOutcome.UNFOUNDED: N_("unfounded"),
        ReportOutcome.MOOT: N_("its writer was first"),
    }
)
APPEALS: Mapping[AppealOutcome, str] = Messages(
    {
        AppealOutcome.UPHELD: N_("The refusal was upheld"),
        AppealOutcome.REVERSED: N_("The refusal was reversed"),
        AppealOutcome.MOOT: N_("Its writer changed or withdrew it first"),
    }
)


def reported(now: ReportedNow) -> str:
    """Who reported it: "3 readers, 2 networks"."""
    readers = ngettext("%(num)s reader", "%(num)s readers", now.reports)
    return f"{readers}, {ngettext('%(num)s network', '%(num)s networks', now.networks)}"


def appealed(appeal: AppealView) -> str:
    """What became of an appeal."""
    return gettext("Waits for a decision") if appeal.outcome is None else APPEALS[appeal.outcome]
