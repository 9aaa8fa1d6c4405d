"""Letter: what a digest says, and what scraped text and links become."""

from dataclasses import replace
from datetime import date

import pytest

from db.calls import Deadline
from db.subscribers import Language
from tests.tracker.emails import samples
from tracker.digests.content import Change, ChangeKind, Digest, DigestCall, Section, SectionKind
from tracker.emails import digest_view
from tracker.emails.call_view import CallView
from tracker.emails.digest_view import DigestView
from tracker.emails.sanitise import clean, safe_url
from tracker.emails.subject import LENGTH, subject


def written(digest: Digest, most: int | None = None) -> DigestView:
    return digest_view.view_of(digest, samples.LINKS, samples.HELSINKI, samples.CONTACT, most)


def lines(call: DigestCall, kind: SectionKind = SectionKind.NEW, language: str = "fi") -> CallView:
    return written(samples.digest(language, Section(kind, (call,)))).sections[0].calls[0]


def test_a_subject_counts_what_matters_and_names_the_issue() -> None:
    assert subject(samples.weekly("fi")) == "Kärkivahti 48/2026: 3 uutta, 1 määräaika aikaistui, 1 sulkeutuu pian"


@pytest.mark.parametrize("language", [language.value for language in Language])
def test_a_subject_drops_the_lesser_counts_before_it_grows_too_long(language: str) -> None:
    many = tuple(replace(samples.I3, call_id=n) for n in range(25))
    digest = samples.digest(language, *(Section(kind, many) for kind in SectionKind))
    assert 40 < len(subject(digest)) <= LENGTH


def test_the_subject_of_a_lone_call_names_it() -> None:
    assert subject(samples.daily("fi")).endswith(": 1 uusi – Cooperation partnerships in sport")


def test_no_title_can_break_the_subjects_line() -> None:
    hostile = replace(samples.SPORT, title="A call\r\nBcc: everyone@region.example\u2028\u0085and more")
    assert subject(samples.digest("en", Section(SectionKind.NEW, (hostile,)))).isprintable()


def test_a_few_calls_need_no_list_of_dates() -> None:
    assert written(samples.daily("fi")).glances == ()


def test_the_list_of_dates_begins_with_the_nearest_whatever_its_section() -> None:
    first, second, *_ = written(samples.weekly("fi")).glances
    assert (first.day, first.left, first.mark) == ("to 26.11.2026", "3 päivää jäljellä", "sulkeutuu pian")
    assert (second.day, second.mark, second.urgent) == ("ti 1.12.2026", "määräaika aikaistui", True)


def test_the_list_of_dates_says_how_many_it_leaves_out() -> None:
    page = written(samples.overflowing("fi"))
    assert (len(page.glances), page.more_dates) == (8, "ja 83 myöhempää päivää alempana")


def test_a_withdrawn_call_is_no_date_to_keep() -> None:
    assert all(glance.title != samples.GONE.title for glance in written(samples.weekly("fi")).glances)


def test_a_moved_deadline_says_from_when_to_when_and_by_how_much() -> None:
    call = replace(samples.SOIL, changes=(Change(ChangeKind.DEADLINE, date(2026, 11, 12), date(2026, 11, 26)),))
    change = lines(call, SectionKind.DEADLINE_MOVED).changes[0]
    assert (change.text, change.strong) == ("Määräaika siirtyi 12.11.2026 → 26.11.2026, 14 päivää lisää", False)


def test_an_earlier_deadline_is_marked_strongly() -> None:
    call = replace(samples.SOIL, changes=(Change(ChangeKind.DEADLINE, date(2026, 11, 26), date(2026, 11, 25)),))
    change = lines(call, SectionKind.DEADLINE_MOVED).changes[0]
    assert (change.text, change.strong) == ("Määräaika AIKAISTUI 26.11.2026 → 25.11.2026, 1 päivä vähemmän", True)


def test_a_deadline_moved_into_the_past_reads_as_closed() -> None:
    past = Change(ChangeKind.DEADLINE, date(2026, 12, 10), date(2026, 11, 20))
    call = replace(
        samples.SOIL, deadlines=(), days_left=None, changes=(past,), is_over=True, ended_on=date(2026, 11, 20)
    )
    assert lines(call, SectionKind.DEADLINE_MOVED).when == "Haku päättyi 20.11.2026"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change(ChangeKind.DEADLINE, None, date(2027, 1, 7)), "Määräaika ilmoitettu: 7.1.2027"),
        (Change(ChangeKind.DEADLINE, date(2027, 1, 7), None), "Määräaika poistettiin (oli 7.1.2027)"),
        (Change(ChangeKind.CUTOFFS, (), (date(2027, 1, 7),)), "Määräaika ilmoitettu: 7.1.2027"),
        (
            Change(ChangeKind.PER_PROJECT, (None, 60_000), (None, 80_000)),
            "Rahoitus muuttui: enintään 60\u00a0000\u00a0€ hanketta kohti → enintään 80\u00a0000\u00a0€ hanketta kohti",
        ),
        (Change(ChangeKind.BUDGET, None, 2_000_000), "Haettavana oleva summa ilmoitettu: 2\u00a0milj.\u00a0€"),
        (Change(ChangeKind.BUDGET, 2_000_000, None), "Haettavana oleva summa poistettiin (oli 2\u00a0milj.\u00a0€)"),
        (Change(ChangeKind.TITLE, "Old\nname", "New"), "Otsikko muuttui; aiemmin ”Old name”"),
        (Change(ChangeKind.REOPENED), "Avattu uudelleen"),
    ],
)
def test_each_kind_of_change_has_its_words(change: Change, text: str) -> None:
    assert lines(replace(samples.SOIL, changes=(change,)), SectionKind.CHANGED).changes[0].text == text


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_of_change_can_be_said(kind: ChangeKind) -> None:
    values: dict[ChangeKind, tuple[object, object]] = {
        ChangeKind.DEADLINE: (date(2027, 1, 7), date(2027, 1, 8)),
        ChangeKind.CUTOFFS: ((date(2027, 1, 7),), (date(2027, 1, 8),)),
        ChangeKind.BUDGET: (1, 2),
        ChangeKind.PER_PROJECT: ((None, 2), (None, 3)),
        ChangeKind.TITLE: ("old", "new"),
    }
    change = Change(kind, *values.get(kind, (None, None)))  # type: ignore[arg-type]
    assert lines(replace(samples.SOIL, changes=(change,)), SectionKind.CHANGED).changes[0].text


def test_a_change_whose_values_are_of_another_kind_is_not_guessed_at() -> None:
    call = replace(samples.SOIL, changes=(Change(ChangeKind.DEADLINE, "soon", "later"),))
    with pytest.raises(ValueError, match="holds dates"):
        lines(call)


def test_a_continuous_call_says_so_and_when_its_next_cut_off_is() -> None:
    assert lines(samples.REGIONAL).when == "Jatkuva haku: voit hakea milloin vain"
    assert lines(samples.ACCELERATOR).when == "Jatkuva haku, seuraava määräpäivä to 7.1.2027"


def test_a_continuous_call_with_an_end_is_open_until_then() -> None:
    call = replace(samples.REGIONAL, deadlines=(Deadline(on=date(2027, 3, 5)),), days_left=102)
    assert lines(call).when == "Jatkuva haku, avoinna pe 5.3.2027 saakka"


def test_both_stages_of_a_two_stage_call_are_named() -> None:
    found = lines(samples.TWO_STAGE)
    assert (found.when, found.later) == (
        "1. vaihe viimeistään ti 2.2.2027",
        "Sen jälkeen 2. vaihe viimeistään to 16.9.2027",
    )


def test_a_last_stage_without_a_number_is_not_called_the_first() -> None:
    call = replace(samples.TWO_STAGE, deadlines=(Deadline(on=date(2027, 9, 16)),))
    assert lines(call).when == "Hae viimeistään to 16.9.2027"


@pytest.mark.parametrize(
    ("language", "text"),
    [("fi", "Haku päättyi 3.6.2026"), ("sv", "Utlysningen stängde 3.6.2026"), ("en", "The call ended on 3 June 2026")],
)
def test_a_call_that_is_over_says_when_it_ended(language: str, text: str) -> None:
    over = replace(samples.SOIL, deadlines=(), days_left=None, is_over=True, ended_on=date(2026, 6, 3), continuous=True)
    found = lines(over, SectionKind.CORRECTED, language)
    assert (found.when, found.left, found.later) == (text, "", "")


def test_a_call_that_its_publisher_closed_before_its_date_is_over() -> None:
    assert lines(replace(samples.SOIL, is_over=True), SectionKind.CORRECTED).when == "Haku on päättynyt"
    assert lines(replace(samples.SPORT, is_over=True), SectionKind.CORRECTED).when == "Haku on päättynyt"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fi", "2. vaiheen määräaika siirtyi 4.3.2027 → 18.3.2027"),
        ("sv", "Steg 2: sista ansökningsdag flyttades 4.3.2027 → 18.3.2027"),
        ("en", "Deadline of stage 2 moved 4 March 2027 → 18 March 2027"),
    ],
)
@pytest.mark.parametrize("is_first_stage_over", [False, True])
def test_a_second_stage_that_moved_is_said_to_have_moved(language: str, text: str, is_first_stage_over: bool) -> None:
    first, old, new = date(2027, 1, 12), date(2027, 3, 4), date(2027, 3, 18)
    change = Change(ChangeKind.CUTOFFS, (first, old), (first, new))
    deadlines = (Deadline(on=first), Deadline(on=new))
    if is_first_stage_over:
        change, deadlines = Change(ChangeKind.DEADLINE, old, new), (Deadline(on=new),)
    call = replace(samples.TWO_STAGE, deadlines=deadlines, changes=(change,))
    assert lines(call, SectionKind.CHANGED, language).changes[0].text == text


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ((), (date(2027, 3, 4),), "2. vaiheen määräaika ilmoitettu: 4.3.2027"),
        ((date(2027, 3, 4),), (), "2. vaiheen määräaika poistettiin (oli 4.3.2027)"),
        ((date(2027, 3, 18),), (date(2027, 3, 4),), "2. vaiheen määräaika AIKAISTUI 18.3.2027 → 4.3.2027"),
    ],
)
def test_a_second_stage_that_came_or_went_is_called_so(old: tuple[date, ...], new: tuple[date, ...], text: str) -> None:
    first = (date(2027, 1, 12),)
    change = Change(ChangeKind.CUTOFFS, first + old, first + new)
    deadlines = tuple(Deadline(on=day) for day in first + new)
    call = replace(samples.TWO_STAGE, deadlines=deadlines, changes=(change,))
    assert lines(call, SectionKind.CHANGED).changes[0].text == text


def test_the_first_stage_that_moved_is_called_so() -> None:
    change = Change(ChangeKind.DEADLINE, date(2027, 1, 12), date(2027, 2, 2))
    call = replace(samples.TWO_STAGE, changes=(change,))
    assert lines(call, SectionKind.DEADLINE_MOVED).changes[0].text.startswith("1. vaiheen määräaika siirtyi")


def test_cut_offs_that_came_and_went_are_told_apart() -> None:
    change = Change(ChangeKind.CUTOFFS, (date(2027, 3, 4), date(2027, 5, 6)), (date(2027, 5, 6), date(2027, 3, 18)))
    call = replace(samples.ACCELERATOR, changes=(change,))
    text = "Määräpäivät muuttuivat: uusi 18.3.2027, poistunut 4.3.2027"
    assert lines(call, SectionKind.CHANGED).changes[0].text == text


@pytest.mark.parametrize(
    ("added", "removed", "text"),
    [
        ("Kaksi kuntaa.", None, "Hakutekstiin on lisätty: ”Kaksi kuntaa.”"),
        (None, "Kolme kuntaa.", "Hakutekstistä on poistettu: ”Kolme kuntaa.”"),
        ("Kaksi.", "Kolme.", "Hakutekstiin on lisätty: ”Kaksi.”; siitä on poistettu: ”Kolme.”"),
        (None, None, "Hakutekstiä on muutettu"),
    ],
)
def test_a_changed_text_says_what_was_added_and_what_was_removed(
    added: str | None, removed: str | None, text: str
) -> None:
    change = Change(ChangeKind.TEXT, removed, added)
    assert lines(replace(samples.SOIL, changes=(change,)), SectionKind.CHANGED).changes[0].text == text


@pytest.mark.parametrize(
    ("language", "n_open", "n_coming", "opening"),
    [
        ("fi", 49, 55, "Tervetuloa Kärkivahdin tilaajaksi: 49 hakua avoinna, 55 tulossa"),
        ("fi", 1, 0, "Tervetuloa Kärkivahdin tilaajaksi: 1 haku avoinna"),
        ("sv", 0, 1, "Välkommen till Kärkivahti: 1 utlysning på väg"),
        ("en", 13, 12, "Welcome to Kärkivahti: 13 open, 12 coming"),
    ],
)
def test_a_welcome_counts_what_is_open_and_what_is_coming_apart(
    language: str, n_open: int, n_coming: int, opening: str
) -> None:
    closing = (samples.CIRCBIO,) if n_open else ()
    parts = {
        SectionKind.CLOSING_SOON: closing,
        SectionKind.OPEN_NOW: (samples.CASCADE,) * (n_open - len(closing)),
        SectionKind.COMING: (samples.SPORT,) * n_coming,
    }
    sections = [Section(kind, calls) for kind, calls in parts.items() if calls]
    assert subject(replace(samples.digest(language, *sections), kind="welcome")).startswith(opening)


def test_a_total_that_goes_to_one_project_is_not_said_twice() -> None:
    one = replace(samples.SOIL, budget_total=9_400_000, project_min=None, project_max=9_400_000, expected_grants=1)
    said = "haettavana yhteensä 9,4 milj. € · arviolta 1 hanke"
    assert lines(one).facts[0].text.replace("\u00a0", " ") == said


def test_a_call_without_any_date_says_that_none_is_known() -> None:
    assert (
        lines(replace(samples.SPORT, deadlines=(), days_left=None, opens_on=None)).when == "Määräaika ei ole tiedossa"
    )


@pytest.mark.parametrize("days", [0, 7])
def test_a_week_or_less_is_alarming_in_any_section(days: int) -> None:
    assert lines(replace(samples.CASCADE, days_left=days)).urgent
    assert not lines(replace(samples.CASCADE, days_left=8)).urgent


def test_the_hint_about_times_stands_only_where_a_time_is_missing() -> None:
    assert written(samples.daily("fi")).hint == ""
    assert "tarkista" in written(samples.weekly("fi")).hint


def test_a_blind_source_is_told_at_the_top_and_in_the_coverage() -> None:
    page = written(samples.weekly("fi"))
    line = (
        "Lähdettä EURA 2021 ei ole saatu luettua pe 20.11. klo 6.14 jälkeen (Suomen aikaa). "
        "Sen hakuja ja muutoksia voi puuttua tästä koosteesta."
    )
    assert line in page.notices
    assert line in page.coverage


@pytest.mark.parametrize(
    ("language", "words"),
    [("fi", "2 hakua ei voitu lukea"), ("sv", "2 utlysningar kunde inte läsas"), ("en", "2 calls could not be read")],
)
def test_calls_that_could_not_be_read_are_told_in_the_coverage(language: str, words: str) -> None:
    digest = samples.weekly(language)
    read, *others = digest.coverage
    page = written(replace(digest, coverage=(replace(read, unread=2), *others)))
    assert page.coverage[0].endswith(f"; {words}")
    assert not [line for line in page.coverage[1:] if words in line]


def test_silence_is_explained() -> None:
    page = written(samples.quiet("fi"))
    assert page.notices == ("Ei uusia hakuja eikä muutoksia sinulle. Palvelu toimii ja lukee lähteitään.",)


def test_calls_that_are_left_out_are_counted_by_section() -> None:
    assert (
        written(samples.weekly("fi"), most=4).left_out
        == "ja 6 muuta (2 uutta, 1 avautunut, 2 muuttunutta, 1 poistunut)"
    )


def test_words_that_matched_stand_once_each_however_they_are_cased() -> None:
    call = replace(samples.CASCADE, reasons=(samples.reason("food", "Malt", "malt", "MALT", "beer"),))
    assert lines(call).facts[-1].text == "Ruoka ja juoma (”Malt”, ”beer”)"


@pytest.mark.parametrize(
    ("scraped", "line"),
    [
        ("  two\n lines\tand\u00a0space ", "two lines and space"),
        ("left\u202eto right\u200b", "leftto right"),
        ("mark \ue000unsubscribe\ue001", "mark unsubscribe"),
        ("zero\x00and\x1f", "zeroand"),
        ("elämys – päivä…", "elämys – päivä…"),
    ],
)
def test_scraped_text_becomes_one_visible_line(scraped: str, line: str) -> None:
    assert clean(scraped, 100) == line


def test_long_text_is_cut_between_words() -> None:
    assert clean("one two three, four", 16) == "one two three…"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://ec.europa.eu/x",
        "//ec.europa.eu/x",
        "https://",
        "https://[::1",
        "https://user@evil.example/",
        "https://good.example\\@evil.example/",
        "https://ec.europa.eu/" + "x" * 2000,
        "",
    ],
)
def test_a_link_that_is_not_plainly_of_the_web_is_dropped(url: str) -> None:
    assert safe_url(url) == ""


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://ec.europa.eu/info?callId=1&x=a%20b#top", "https://ec.europa.eu/info?callId=1&x=a%20b#top"),
        ("https://eura2021.fi/haku/äly kärki", "https://eura2021.fi/haku/%C3%A4ly%20k%C3%A4rki"),
        ('https://eura2021.fi/"onclick="x', "https://eura2021.fi/%22onclick=%22x"),
        ("https://x.example/\ue000unsubscribe\ue001", "https://x.example/%EE%80%80unsubscribe%EE%80%81"),
    ],
)
def test_a_link_is_percent_encoded(url: str, safe: str) -> None:
    assert safe_url(url) == safe


@pytest.mark.parametrize("kind", ["", "release"])
def test_a_regular_mail_leads_to_its_issue_as_anybody_may_read_it(kind: str) -> None:
    issue = written(replace(samples.weekly("sv"), kind=kind, edition=12)).issue
    assert issue
    assert issue.url == "https://vahti.example/sv/editions/12"
    assert "12" in issue.words


@pytest.mark.parametrize("kind", ["urgent", "welcome", "switch", "correction"])
def test_what_is_made_for_single_readers_has_no_issue(kind: str) -> None:
    assert written(replace(samples.weekly("fi"), kind=kind)).issue is None
