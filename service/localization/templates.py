"""What templates say a message with."""

from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from service.localization.speaking import nfound, number


@pass_context
def ngettext_in_template(context: Context, one: str, many: str, num: int, **values: Any) -> str:
    """As Jinja's own (values are escaped, the message is not), but `%(num)s` has its groups of digits."""
    message = nfound(one, many, num)
    text = Markup(message) if context.eval_ctx.autoescape else message  # noqa: S704 # Ours, or a translator's.
    return text % {"num": number(num), **values}
