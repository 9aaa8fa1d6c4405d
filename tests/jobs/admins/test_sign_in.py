"""Accounts and signing in: links and codes once, passwords, sessions that end; nothing tells who has an account."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest

from db.admins import Role
from db.audit import list_audit
from db.subscribers import Language
from jobs.admins import accounts, second_factor, sign_in
from jobs.base.app import App
from tests.jobs.rulebook.archive import ME
from tests.jobs.web.admin.desks import PASSWORD, account
from tests.jobs.world import clock_of
from tests.support.refused import refused
from tracker.errors import Code, InputFaults, Refusal

MAIJA = "maija@desk.example"


def code_of(error: pytest.ExceptionInfo[InputFaults]) -> list[Code]:
    return [fault.code for fault in error.value.faults]


def test_a_link_sets_a_password_once_and_within_a_week(app: App) -> None:
    made = accounts.add_admin(app, " Maija@Desk.example ", "Maija  Virtanen", Role.EDITOR, Language.FI, ME)
    assert (made.admin.address, made.admin.name) == (MAIJA, "Maija Virtanen")
    token = sign_in.choose_password(app, made.token, PASSWORD)
    known = sign_in.who_is(app, token)
    assert known
    assert (known.name, known.role) == ("Maija Virtanen", Role.EDITOR)
    with refused(Refusal, "was used already or has expired"):
        sign_in.choose_password(app, made.token, PASSWORD)
    late = accounts.invite_again(app, MAIJA, ME)
    assert sign_in.who_is(app, token) is None  # a new link ends what was before
    clock_of(app).forward(days=7, seconds=1)
    with refused(Refusal, "was used already or has expired"):
        sign_in.choose_password(app, late.token, PASSWORD)


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("short", [Code.PASSWORD_SHORT]),
        ("aaaaaaaaaaaaaaaa", [Code.PASSWORD_SIMPLE]),
        ("maija@desk.example1", [Code.PASSWORD_SIMPLE]),
        ("paijat_hame1", [Code.PASSWORD_SIMPLE]),
        ("x" * 50 + "abcdefgh" * 20, [Code.TOO_LONG]),
        ("ab", [Code.PASSWORD_SHORT, Code.PASSWORD_SIMPLE]),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_and_the_link_stays_good(
    app: App, password: str, codes: list[Code]
) -> None:
    made = accounts.add_admin(app, MAIJA, "Maija", Role.ADMIN, Language.FI, ME)
    with pytest.raises(InputFaults) as error:
        sign_in.choose_password(app, made.token, password)
    assert code_of(error) == codes
    assert sign_in.choose_password(app, made.token, PASSWORD)


def test_who_is_removed_is_out_at_once_and_can_come_back(app: App) -> None:
    account(app, "aino")
    account(app, "maija", Role.EDITOR)
    token = sign_in.sign_in(app, MAIJA, PASSWORD)
    accounts.remove_admin(app, MAIJA, ME)
    assert sign_in.who_is(app, token) is None
    with refused(Refusal, "the password or the code is not right"):
        sign_in.sign_in(app, MAIJA, PASSWORD)
    again = accounts.add_admin(app, MAIJA, "Maija", Role.AUDITOR, Language.SV, ME)
    assert sign_in.who_is(app, sign_in.choose_password(app, again.token, PASSWORD))


@pytest.mark.parametrize("act", [accounts.remove_admin, lambda *a: accounts.change_role(a[0], a[1], Role.EDITOR, a[2])])
def test_somebody_is_left_who_may_do_everything(app: App, act: Callable[..., object]) -> None:
    account(app, "maija")
    account(app, "eero", Role.EDITOR)
    with refused(Refusal, "only admin"):
        act(app, MAIJA, ME)
    account(app, "aino")
    act(app, MAIJA, ME)


@pytest.mark.parametrize(
    ("address", "password"), [(MAIJA, "wrong"), ("nobody@desk.example", PASSWORD), ("", ""), ("\0", PASSWORD)]
)
def test_what_was_wrong_is_not_said(app: App, address: str, password: str) -> None:
    account(app, "maija")
    with refused(Refusal, "the password or the code is not right"):
        sign_in.sign_in(app, address, password)


@pytest.mark.parametrize("address", [MAIJA, "nobody@desk.example"])
def test_guessing_is_slowed_down_alike_whether_the_account_exists_or_not(app: App, address: str) -> None:
    account(app, "maija")
    for _ in range(sign_in.MOST_TRIES):
        with refused(Refusal, "the password or the code is not right"):
            sign_in.sign_in(app, address, "a guess")
    with refused(Refusal, "too often; wait 15 minutes"):
        sign_in.sign_in(app, address, PASSWORD)
    clock_of(app).forward(minutes=15)
    if address == MAIJA:
        assert sign_in.sign_in(app, address, PASSWORD)


def test_a_session_ends_when_it_is_not_used_and_in_any_case_after_half_a_day(app: App) -> None:
    account(app, "maija")
    idle = sign_in.sign_in(app, MAIJA, PASSWORD)
    clock_of(app).forward(hours=4, minutes=1)
    assert sign_in.who_is(app, idle) is None
    used, hours = sign_in.sign_in(app, MAIJA, PASSWORD), 0
    while sign_in.who_is(app, used):
        clock_of(app).forward(hours=1)
        hours += 1
    assert hours == 13
    assert sign_in.who_is(app, "") is None


def test_a_changed_password_signs_out_everywhere_else(app: App) -> None:
    number = account(app, "maija")
    other = sign_in.sign_in(app, MAIJA, PASSWORD)
    with refused(Refusal, "the password or the code is not right"):
        sign_in.change_password(app, number, "wrong", "uusi pitkä sana")
    own = sign_in.change_password(app, number, PASSWORD, "uusi pitkä sana")
    assert (sign_in.who_is(app, other), bool(sign_in.who_is(app, own))) == (None, True)
    with refused(Refusal, "the password or the code is not right"):
        sign_in.sign_in(app, MAIJA, PASSWORD)
    assert sign_in.sign_in(app, MAIJA, "uusi pitkä sana")


def with_factor(app: App) -> tuple[int, pyotp.TOTP, tuple[str, ...]]:
    """An account that asks for codes: its number, its app, its recovery codes."""
    number = account(app, "maija")
    factor = pyotp.TOTP(second_factor.offer_factor(app, number).secret)
    with pytest.raises(InputFaults) as error:
        second_factor.begin_factor(app, number, "000000", ME)
    assert code_of(error) == [Code.BAD_CODE]
    codes = second_factor.begin_factor(app, number, factor.at(clock_of(app).now), ME)
    clock_of(app).forward(seconds=60)
    return number, factor, codes


def test_a_code_is_asked_for_and_none_is_taken_twice(app: App) -> None:
    _, factor, _ = with_factor(app)
    for wrong in ("", "000000", factor.at(clock_of(app).now - timedelta(minutes=2))):
        with refused(Refusal, "the password or the code is not right"):
            sign_in.sign_in(app, MAIJA, PASSWORD, wrong)
    code = factor.at(clock_of(app).now)
    assert sign_in.sign_in(app, MAIJA, PASSWORD, f"{code[:3]} {code[3:]}")
    with refused(Refusal, "the password or the code is not right"):
        sign_in.sign_in(app, MAIJA, PASSWORD, code)


def test_a_code_alone_opens_nothing_and_a_wrong_password_uses_none_up(app: App) -> None:
    _, factor, _ = with_factor(app)
    code = factor.at(clock_of(app).now)
    with refused(Refusal, "the password or the code is not right"):
        sign_in.sign_in(app, MAIJA, "wrong", code)
    assert sign_in.sign_in(app, MAIJA, PASSWORD, code)


def test_each_recovery_code_signs_in_once(app: App) -> None:
    _, _, codes = with_factor(app)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert sign_in.sign_in(app, MAIJA, PASSWORD, f"{codes[0][:5]}-{codes[0][5:].upper()}")
    with refused(Refusal, "the password or the code is not right"):
        sign_in.sign_in(app, MAIJA, PASSWORD, codes[0])
    assert sign_in.sign_in(app, MAIJA, PASSWORD, codes[1])


def test_a_second_factor_that_is_on_is_not_replaced_and_ends_by_a_code(app: App) -> None:
    number, factor, _ = with_factor(app)
    for act in (second_factor.offer_factor, lambda a, n: second_factor.begin_factor(a, n, "000000", ME)):
        with pytest.raises(InputFaults) as error:
            act(app, number)
        assert code_of(error) == [Code.FACTOR_ON]
    with pytest.raises(InputFaults):
        second_factor.end_factor(app, number, "000000", ME)
    second_factor.end_factor(app, number, factor.at(clock_of(app).now), ME._replace(at=app.clock()))
    assert sign_in.sign_in(app, MAIJA, PASSWORD)


def test_what_is_done_to_accounts_stands_in_the_log_without_secrets(app: App) -> None:
    number, factor, codes = with_factor(app)
    token = sign_in.sign_in(app, MAIJA, PASSWORD, factor.at(clock_of(app).now))
    with app.db.read() as session:
        entries = [entry.model_dump_json() for entry in list_audit(session, None, subject=f"admin {number}")]
    acts = ["signed in", "second factor switched on", "password chosen", "admin added"]
    assert [act for act, entry in zip(acts, entries, strict=True) if act in entry] == acts
    for secret in (PASSWORD, token, factor.secret, *codes):
        assert secret not in "".join(entries)


def test_refusals_of_values_name_the_field(app: App) -> None:
    for address, name, subject in [
        ("no address", "Maija", "address"),
        (MAIJA, " ", "name"),
        (MAIJA, "x" * 101, "name"),
    ]:
        with pytest.raises(InputFaults) as error:
            accounts.add_admin(app, address, name, Role.ADMIN, Language.FI, ME)
        assert [fault.subject for fault in error.value.faults] == [subject]
    account(app, "maija")
    with pytest.raises(Refusal):
        accounts.add_admin(app, MAIJA, "Maija", Role.ADMIN, Language.FI, ME)
