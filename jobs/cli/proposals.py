"""tracker rules proposals, approve, decline, withdraw, two-persons: what one person prepares and another approves.

What decides is imported when it is typed: it stands on mails, which no other command of rules needs.
"""

from typing import Any

import typer

from db.proposals import Proposal, ProposalState, list_proposals
from db.types import LARGEST
from jobs.cli.invocation import AUTHOR, Invocation, limit_option, reason_option
from jobs.cli.previews import show_proposed, signer
from jobs.cli.rules import group
from jobs.cli.tables import print_text
from jobs.cli.wording import T_, say

NUMBER = typer.Argument(metavar="PROPOSAL", min=1, max=LARGEST, help="Its number in tracker rules proposals.")
REASON = reason_option("Why; kept with the proposal and in the audit.")
COLUMNS = ("id", "kind", "subject", "author", "made_at", "reason", "state", "decided_by")


@group.command("proposals")
def show_proposals(
    context: typer.Context,
    every: bool = typer.Option(False, "--all", help="Those that were decided, too."),
    limit: int = limit_option(50, "Newest N proposals"),
) -> None:
    """List what one person prepared and another must approve: edits of rules, and the release of what is held."""
    invocation: Invocation = context.obj
    states = list(ProposalState) if every else [ProposalState.OPEN]
    with invocation.app() as app, app.db.read() as session:
        found = list_proposals(session, states, invocation.rows(limit) or LARGEST)
    invocation.show(map(proposal_row, found), COLUMNS, say("nothing waits for approval"))


def proposal_row(proposal: Proposal) -> dict[str, Any]:
    """A proposal as a row of a list."""
    return proposal.model_dump()


@group.command("approve", help="Let somebody else's proposal take effect.")
@group.command("decline", help="Decide that somebody else's proposal does not take effect.")
@group.command("withdraw", help="Take back one's own proposal.")
def decide_on_proposal(
    context: typer.Context, number: int = NUMBER, reason: str = REASON, author: str = AUTHOR
) -> None:
    """Three commands in one; whoever has an account at the desk of this name or address acts as that account."""
    from jobs.approvals.deciding import approve, decline, withdraw_own

    invocation: Invocation = context.obj
    decide = {"approve": approve, "decline": decline, "withdraw": withdraw_own}[str(context.info_name)]
    with invocation.app() as app:
        decided = decide(app, number, signer(app, invocation.signed(app, reason, author)))
    invocation.show([proposal_row(decided)], COLUMNS)


@group.command("two-persons")
def want_two_persons(
    context: typer.Context,
    is_on: bool = typer.Option(..., "--on/--off", help="Whether another must approve what one person prepares."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Want two persons for edits of rules and for releasing what is held, or one alone again."""
    from jobs.approvals.deciding import switch_two_persons

    invocation: Invocation = context.obj
    with invocation.app() as app:
        proposed = switch_two_persons(app, is_on, signer(app, invocation.signed(app, reason, author)))
    if proposed:
        show_proposed(invocation, proposed)
    else:
        print_text(say(T_("two persons are needed from now on") if is_on else T_("one person alone is enough again")))
