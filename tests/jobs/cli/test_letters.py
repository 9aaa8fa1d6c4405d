"""The commands for letters of the month, lists of readers, and why somebody was told: as they are typed."""

from pathlib import Path

from jobs.base.app import App
from jobs.delivery.deliver import deliver
from tests.jobs.cli.terminal import Terminal
from tests.jobs.rulebook.archive import ME
from tests.jobs.subscribing import joined, reader
from tests.jobs.world import add_news


def test_a_letter_is_begun_written_ordered_taken_and_sent(terminal: Terminal, app: App, tmp_path: Path) -> None:
    joined(app, "anna")
    first, second = (str(add_news(app.db, app.clock(), key, "food", title=f"Call {key}")) for key in "ab")
    terminal.run("letters", "begin", "The best of June")
    terminal.run("letters", "choose", "1", first, second)
    words = tmp_path / "words.txt"
    words.write_text("Good day!", encoding="utf-8")
    terminal.run(
        "letters", "write", "1", "--language", "en", "--foreword", str(words), "--call", first, "--note", "Read it"
    )
    terminal.run("letters", "move", "1", second, "up")
    assert terminal.run("letters", "show", "1").index("Call b") < terminal.run("letters", "show", "1").index("Call a")
    for form, ending in (("page", "html"), ("mail", "mail.html"), ("docx", "docx"), ("markdown", "md")):
        terminal.run("letters", "take", "1", "--as", form, "--language", "en", "--out", str(tmp_path))
        assert (tmp_path / f"letter-1.en.{ending}").stat().st_size > 100
    assert "Read it" in (tmp_path / "letter-1.en.md").read_text("utf-8")
    terminal.run("letters", "send", "1", "--spearhead", "food", "--dry-run", "--out", str(tmp_path))
    assert "Good day!" in (tmp_path / "preview-1.html").read_text("utf-8")
    terminal.run("letters", "send", "1", "--spearhead", "food", "--reason", "the board's choice")
    deliver(app)
    assert "Yes, the reader was told" in terminal.run("why", "anna@reader.example", first)
    terminal.run("letters", "drop", "1", "--reason", "begun twice")
    assert terminal.rows("letters", "list") == []


def test_lists_are_invited_counted_and_taken(terminal: Terminal, app: App, tmp_path: Path) -> None:
    joined(app, "anna", actor="Mills", actor_type="company", municipality="Lahti")
    addresses = tmp_path / "list.txt"
    addresses.write_text("anna@reader.example\nben@reader.example\n", encoding="utf-8")
    asked = ("subscribers", "invite", str(addresses), "--spearhead", "food", "--reason", "members")
    terminal.run(*asked)
    rows = terminal.rows(*asked, "--yes")
    assert [(row["address"], row["done"]) for row in rows] == [
        ("anna@reader.example", "subscribes"),
        ("ben@reader.example", "invited"),
    ]
    assert reader(app, "ben").state == "pending"
    assert "Lahti" in terminal.run("subscribers", "counts")
    terminal.run("subscribers", "take-list", "--out", str(tmp_path / "all.csv"), "--reason", ME.reason)
    assert "anna@reader.example" in (tmp_path / "all.csv").read_text("utf-8-sig")
