"""docs/sources.md says what the modules say."""

from jobs.collecting.sources_page import COMMAND, PAGE, page
from tests.support.places import ROOT
from tracker import sources

TEXT = (ROOT / PAGE).read_text("utf-8")


def test_the_page_of_sources_has_not_drifted_from_the_modules() -> None:
    assert page(sources.modules()) == TEXT, f"{PAGE} is not what the modules say of themselves: run `{COMMAND}`"


def test_the_page_tells_every_source_with_its_terms_and_what_was_never_seen() -> None:
    for key, module in sources.modules().items():
        part = TEXT.partition(f'<a id="{key}"></a>')[2].partition("<a id=")[0]
        for heading in ("Publisher", "Terms", "Never seen live"):
            assert f"**{heading}:**" in part, f"{key}: {heading}"
        assert module.SOURCE.licence in part
