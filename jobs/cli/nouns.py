"""The first words of all commands, and the modules that hold them: a module is imported when its word is typed.

So `tracker --help` and `--version` import no library of ours, and a command those that it needs. What a command does is
not known here.
"""

import gc
import importlib
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from jobs.cli.usage import in_our_words
from jobs.cli.wording import T_, say


class FirstWord(NamedTuple):
    """What `tracker WORD` is for, and the modules of `jobs.cli` that hold it: first the one with its `add_to`."""

    summary: str
    modules: tuple[str, ...]


RULES = ("rules", "masks", "examples", "proposals", "rule_files", "rule_reports", "rule_eval")
FIRST_WORDS = {
    "demo": FirstWord(
        T_("Read three days of a small portal, make one edition and mail it to five sample readers, on this machine."),
        ("demo",),
    ),
    "serve": FirstWord(
        T_("Run every job on its schedule, in this process, until SIGTERM; mails under way are finished first."),
        ("serve",),
    ),
    "web": FirstWord(
        T_("Serve the pages that the links in mails lead to, until SIGTERM. tracker serve does so beside its jobs."),
        ("web",),
    ),
    "collect": FirstWord(T_("Read sources now: check, compare, tag and store what they publish."), ("collect",)),
    "backfill": FirstWord(
        T_("Read a source's closed calls into the archive. Makes no news, and goes on where an earlier one stopped."),
        ("backfill",),
    ),
    "reparse": FirstWord(
        T_("Read a source's kept pages again and show the events that today's parser would have made; asks nobody."),
        ("collect",),
    ),
    "retag": FirstWord(
        T_("Tag every call again by the rules as they are now, and find out anew who may apply. Makes no news."),
        ("collect",),
    ),
    "digest": FirstWord(T_("Plan, build and render an edition; tracker deliver sends it."), ("digest",)),
    "deliver": FirstWord(
        T_("Send every delivery that is due; one whose outcome is unknown is never sent again by itself."), ("digest",)
    ),
    "verify": FirstWord(
        T_("Prove from the ledger that each event reached everybody it concerns once, or why not; exit code 1 if not."),
        ("editions",),
    ),
    "why": FirstWord(
        T_("Say why a reader was told of a call, or not: the call, the reader, their interests, and each event."),
        ("why",),
    ),
    "events": FirstWord(
        T_("List every event in order: seq, at, kind, source, key, identifier, title, old, new."), ("calls",)
    ),
    "tag": FirstWord(
        T_(
            "Tag calls from a file by the region file's rules: print each call's id, points by spearhead, and evidence."
        ),
        ("region",),
    ),
    "notices": FirstWord(
        T_("List what admins should know: sources that broke or recovered, watched pages that changed, gaps found."),
        ("sources",),
    ),
    "deliveries": FirstWord(T_("What became of each mail."), ("deliveries",)),
    "editions": FirstWord(T_("The digest's editions, and what is held back of them."), ("editions",)),
    "bounces": FirstWord(T_("Mails that came back."), ("bounces",)),
    "calls": FirstWord(T_("The calls that we remember."), ("calls", "call_reports")),
    "views": FirstWord(T_("Lists of calls that have a name at the desk."), ("views",)),
    "duplicates": FirstWord(T_("Calls that two sources announce."), ("duplicates",)),
    "export": FirstWord(T_("Calls as files for other programs."), ("feeds",)),
    "feeds": FirstWord(T_("The private feeds of readers."), ("feeds",)),
    "letters": FirstWord(T_("Letters of the month, in an officer's words."), ("letters",)),
    "runs": FirstWord(T_("What the service did, and what came of it."), ("runs",)),
    "admins": FirstWord(T_("Who may sign in at the desk, and what they may do there."), ("admins",)),
    "inbox": FirstWord(
        T_("List what waits for a person: readings, editions, mails and bans to decide on."), ("inbox",)
    ),
    "audit": FirstWord(T_("List what people did, newest first: who, what, to what, and why."), ("audit",)),
    "undo": FirstWord(
        T_("Undo an edit of rules, an example, a pin or a fact set by hand, if nothing else happened to it since."),
        ("audit",),
    ),
    "sources": FirstWord(T_("The sources that calls come from."), ("sources",)),
    "strategies": FirstWord(
        T_("Strategies, and those of next periods prepared beside today's rules."), ("strategies",)
    ),
    "rules": FirstWord(T_("The rules that tag calls."), RULES),
    "gold": FirstWord(T_("What calls were judged to be about; rules are measured on it."), ("gold",)),
    "pins": FirstWord(T_("Decisions by hand on a call's spearheads; they override all rules."), ("pins",)),
    "region": FirstWord(T_("Region files: what a region is, and the rules that it tags by."), ("region",)),
    "jobs": FirstWord(T_("The jobs of the schedule: when each ran and runs next."), ("jobs",)),
    "banner": FirstWord(T_("Words on top of the public pages, such as of a planned outage."), ("banner",)),
    "reports": FirstWord(T_("Errors and obstacles that people reported on the pages."), ("reports",)),
    "subscribers": FirstWord(T_("Who gets digests, and of what."), ("subscribers", "reader_lists")),
    "db": FirstWord(T_("The database's schema and its backup."), ("database",)),
}


class Nouns(TyperGroup):
    """The group of all first words, each a stand-in with its summary until it is typed."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for word, (summary, _) in FIRST_WORDS.items():
            self.add_command(TyperCommand(word, help=say(summary)))

    def get_params(self, ctx: Any) -> list[Any]:
        in_the_language(self, ctx)  # with the options that typer added since: those of the completion
        return super().get_params(ctx)

    def make_context(self, *given: Any, **named: Any) -> Any:
        with in_our_words():
            return super().make_context(*given, **named)

    def invoke(self, ctx: Any) -> Any:
        with in_our_words(ctx):
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        if args and args[0] in FIRST_WORDS:
            self.load(args[0])
        return super().resolve_command(ctx, args)

    def load(self, word: str) -> None:
        """Put the command in the place of its stand-in, with those of the same module."""
        owner, *_ = [importlib.import_module(f"jobs.cli.{name}") for name in FIRST_WORDS[word].modules]
        gc.enable()
        gc.freeze()  # imported modules stay; collecting them again and again would cost a tenth of a reading
        app = typer.Typer(add_completion=False)
        app.callback()(lambda: None)  # a group, even of one command
        owner.add_to(app)
        for name, command in typer.main.get_group(app).commands.items():
            all_in_the_language(command)
            self.add_command(command, name)


def all_in_the_language(command: Any) -> None:
    """Put the help of a command and of those below it into the language that is spoken."""
    in_the_language(command, typer.Context(command))
    for below in getattr(command, "commands", {}).values():
        all_in_the_language(below)


def in_the_language(command: Any, ctx: Any) -> None:
    """Put the help of a command and of its options, `--help` among them, into the language that is spoken."""
    for described in (command, *command.params, command.get_help_option(ctx)):
        described.help = say(described.help) if described.help else None
