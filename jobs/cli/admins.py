"""tracker admins: who may sign in at the desk, and what they may do there."""

from typing import Any

import typer

from db.admins import Admin, Role
from db.subscribers import Language
from jobs.admins import accounts
from jobs.admins.accounts import Invited
from jobs.base.app import App
from jobs.cli.invocation import AUTHOR, Invocation, reason_option
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.web import addresses

group = typer.Typer(no_args_is_help=True, help="Who may sign in at the desk, and what they may do there.")
WHO = typer.Argument(metavar="WHO", help="The admin's address, or number.")
ROLE = typer.Option(
    Role.ADMIN, help="admin: everything; editor: rules and calls; approver: what others prepared; auditor: only looks."
)
REASON = reason_option("Why; kept in the audit log.", "")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="admins")


@group.command("list")
def list_admins(context: typer.Context) -> None:
    """List the admins."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [admin_row(admin) for admin in accounts.listed_admins(session)]
    invocation.show(
        rows,
        ("id", "name", "address", "role", "language", "has_password", "second_factor"),
        say("nobody may sign in yet; tracker admins add adds the first admin"),
    )


def admin_row(admin: Admin) -> dict[str, Any]:
    """An admin as a row, without anything secret."""
    row = admin.model_dump(include={"id", "name", "address", "role", "language", "created_at"})
    return row | {"has_password": admin.password_hash is not None, "second_factor": admin.factor_since is not None}


@group.command("add")
def add_account(
    context: typer.Context,
    address: str = typer.Argument(help="The person's e-mail address."),
    name: str = typer.Option(..., help="The person's name, as the history of rules shows it."),
    role: Role = ROLE,
    language: Language = typer.Option(Language.FI, help="The language of the desk for this person."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Add an admin, and print the link by which that person chooses a password."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        made = accounts.add_admin(app, address, name, role, language, invocation.signed(app, reason, author))
        _show_link(app, made)


@group.command("link")
def make_link(context: typer.Context, who: str = WHO, reason: str = REASON, author: str = AUTHOR) -> None:
    """Print a new link to choose a password; the old password, the second factor and all sessions end."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        _show_link(app, accounts.invite_again(app, who, invocation.signed(app, reason, author)))


def _show_link(app: App, made: Invited) -> None:
    link = app.settings.mail.base_url.rstrip("/") + addresses.ADMIN_WELCOME.format(token=made.token)
    print_text(
        say(
            "%(name)s chooses a password here, once, until %(until)s:",
            name=made.admin.name,
            until=f"{made.until:%Y-%m-%d %H:%M} UTC",
        )
    )
    typer.echo(link)


@group.command("role")
def set_role(
    context: typer.Context,
    who: str = WHO,
    role: Role = typer.Argument(help="admin, editor, approver or auditor."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Change what an admin may do."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        admin = accounts.change_role(app, who, role, invocation.signed(app, reason, author))
    print_text(say("%(name)s may now do what a role allows: %(role)s", name=admin.name, role=admin.role.value))


@group.command("remove")
def end_account(context: typer.Context, who: str = WHO, reason: str = REASON, author: str = AUTHOR) -> None:
    """End an account; what the person did stays in the audit log."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        admin = accounts.remove_admin(app, who, invocation.signed(app, reason, author))
    print_text(say("%(name)s can no longer sign in", name=admin.name))
