"""The region file on the screen: taken away, brought with what it would change, and what is too large or none."""

import tomllib

import pytest

from db.strategies import Mask
from jobs.base.app import App
from jobs.base.compiled_rules import stored_rulebook
from jobs.rulebook import saving
from jobs.rulebook.examples import kept_examples
from jobs.rulebook.region_import import import_region
from jobs.rulebook.rule_files import edit_of_content, region_as_file
from jobs.web.forms import MOST_FILE
from tests.jobs.rulebook.archive import FARMING, ME, example, keep, remember, rule_now, save, spearheads
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.admin.test_rules import shown
from tests.jobs.web.browsing import Browser
from tracker.regions import read_region, region_file
from tracker.regions.writing import region_text

EFFECT = "/admin/region/effect"


@pytest.fixture
def ours(app: App) -> App:
    """An app with the whole rulebook of its region."""
    with app.db.write() as session:
        import_region(session, app.region, ME)
    return app


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


def brought(browser: Browser, name: str, content: bytes) -> str:
    """The page that answers the upload of a file."""
    sent = {"file": (name or "empty", content)}
    return str(browser._client.post(EFFECT, files=sent, headers={"sec-fetch-site": "same-origin"}).text)


@pytest.mark.parametrize("key", ["paijat_hame", "kainuu", "osterbotten"])
def test_a_region_file_that_is_written_is_read_as_it_was(key: str) -> None:
    content = region_file(key).read_bytes()
    region = read_region(f"{key}.toml", content)
    again = read_region(
        f"{key}.toml", region_text({"region": _about(content)}, region.rulebook, region.examples).encode()
    )
    assert again.rulebook == region.rulebook
    assert sorted(map(_said, again.examples)) == sorted(map(_said, region.examples))


def _about(content: bytes) -> object:
    return tomllib.loads(content.decode())["region"]


def _said(one: object) -> str:
    return str(one).replace("example", "")[-400:]


def test_the_file_holds_what_was_edited_since(ours: App, browser: Browser) -> None:
    remember(ours, "Vertical farming")
    save(ours, FARMING.model_copy(update={"text": '"vertical farming" OR herbs'}))
    keep(ours, example('Farms, "north" of\tthe river', must=False))
    with ours.db.read() as session:
        edit = saving.mask_edit(session, "fish", Mask(key="fish", text='"fish farm"'))
    saving.save(ours, edit, ME)
    answer = browser.get("/admin/region/file")
    assert answer.headers["content-disposition"] == 'attachment; filename="paijat_hame.toml"'
    with ours.db.read() as session:
        book, kept = stored_rulebook(session), kept_examples(session)
        assert region_as_file(session, ours) == answer.text
        edit = edit_of_content(session, "paijat_hame.toml", answer.content, "paijat_hame")
    assert set(edit.book.rules) == set(book.rules)
    assert (set(edit.book.masks), set(edit.book.spearheads)) == (set(book.masks), set(book.spearheads))
    assert sorted((one.must, one.rule or "", one.document.title) for one in edit.of_file or ()) == sorted(
        (one.must, one.rule or "", one.document.title) for one in kept
    )


def test_a_file_is_brought_seen_and_saved(ours: App, browser: Browser) -> None:
    [dust] = remember(ours, "Moon dust")
    rule = FARMING.model_copy(update={"text": '"moon dust"'})
    save(ours, rule)
    text = browser.get("/admin/region/file").text.replace("moon dust", "sun dust")
    page = brought(browser, "ours.toml", text.encode())
    assert "−1" in shown(page, "#effect")
    assert shown(page, ".changed h2") == "Rule: farming"
    assert rule_now(ours, "farming") == rule
    assert browser.post("/admin/region", name="ours.toml", text=text).status_code == 422
    assert browser.post("/admin/region", name="ours.toml", text=text, reason="as agreed").status_code == 303
    assert "food" not in spearheads(ours, dust)


WRONG = {
    "no TOML": ("ours.toml", b"[", "not readable as TOML"),
    "no text": ("ours.toml", b"\xff\xfe", "not readable as TOML"),
    "another region": ("kainuu.toml", region_file("kainuu").read_bytes(), "another region: kainuu"),
    "no rules": ("rules.jsonl", b"{}", "key"),
    "nothing": ("", b"", "already reads exactly"),
}


@pytest.mark.parametrize(("name", "content", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_file_is_said(app: App, browser: Browser, name: str, content: bytes, words: str) -> None:
    page = brought(browser, name, content)
    if name:
        assert words in shown(page, ".faults")
    answer = browser.post("/admin/region", name=name, text=content.decode("utf-8", "replace"), reason="tried")
    assert answer.status_code == 422


def test_a_file_that_is_too_large_is_refused_before_it_is_read(app: App, browser: Browser) -> None:
    headers = {"sec-fetch-site": "same-origin", "content-type": "multipart/form-data; boundary=x"}
    refused = browser._client.post(EFFECT, content=b"x" * (MOST_FILE + 1), headers=headers)
    assert refused.status_code == 413
    assert "more than the form takes" in refused.text
    streamed = browser._client.post(EFFECT, content=(b"x" * 1_000_000 for _ in range(50)), headers=headers)
    assert streamed.status_code == 413
    assert browser._client.post(EFFECT, content=b"no parts", headers=headers).status_code == 400
