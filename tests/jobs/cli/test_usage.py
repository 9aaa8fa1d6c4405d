"""A value that an option cannot hold is refused in our words, in the language that is spoken."""

from collections.abc import Iterator

import pytest

from jobs.cli.usage import USAGE_ERROR
from jobs.cli.wording import SPOKEN
from tests.support.command_line import whole_command_line

WRONG_VALUES = {  # what was typed, and what is said in Finnish
    "calls list --limit 0": "'--limit': kirjoita vähintään 1",
    "rules thresholds save food 500 --reason x": "'points': kirjoita enintään 100",
    "calls list --limit kaksi": "'--limit': ”kaksi” ei ole kokonaisluku; kirjoita vain numeroita",
    "backfill portal --from 1.1.2021": "'--from': ”1.1.2021” ei ole päivä; kirjoita näin: 2026-10-01",
    "--now kello calls list": "--now: kello ei ole ISO-aika; kirjoita se näin: 2026-04-21T06:00Z",
    "calls search ((": "WORDS: haettava sana puuttuu; kirjoita sana",
}


@pytest.fixture(params=["fi", "sv", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    token = SPOKEN.set(request.param)
    yield request.param
    SPOKEN.reset(token)


@pytest.mark.parametrize("typed", WRONG_VALUES)
def test_a_wrong_value_is_refused_in_the_language_that_is_spoken(typed: str, language: str) -> None:
    with pytest.raises(USAGE_ERROR) as refused:
        whole_command_line().main(typed.split(), standalone_mode=False)
    said = refused.value.format_message()
    assert (said == WRONG_VALUES[typed], "Invalid value" in said) == (language == "fi", language == "en")
    assert [text for text in ("Input should", "Value error", "%Y") if text in said] == []
