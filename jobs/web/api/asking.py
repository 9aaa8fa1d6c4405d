"""What is asked of the API: the parameters, checked, and how much one client may ask for."""

import base64
import binascii
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from db.calls import CallKind, CallStatus
from db.list_order import ListOrder
from jobs.web.api.problems import OPEN_TO_ALL
from jobs.web.limits import AnswersLeft, client_of
from jobs.web.list_address import (
    LONGEST_QUERY,
    MOST_DAYS,
    MOST_MONEY,
    MOST_PARTNERS,
    ListAddress,
    Pair,
    is_key,
    read_address,
)
from jobs.web.places import LONGEST_PLACE
from tracker import l10n
from tracker.errors import Code, Fault, InputFaults
from tracker.typed_in import Unusable

MOST, USUAL = 100, 50  # things of one answer
LONGEST_SEQ = 18  # digits


def _key(value: str) -> str:
    if not is_key(value):
        raise Unusable(Code.BAD_VALUE)
    return value


def _new(value: str) -> str:
    if read_address([("new", value)]).choice.new is None:
        raise Unusable(Code.NOT_A_DAY, given=value)
    return value


Key = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_key)]
Keys = tuple[Key, ...]
Euro = Annotated[int, Field(ge=0, le=MOST_MONEY)]
Days = Annotated[int, Field(ge=0, le=MOST_DAYS)]
Limit = Annotated[int, Field(ge=1, le=MOST, description="things of one answer")]


class ListQuery(BaseModel):
    """The filter of a list, as in the address of the list for people: docs/web.md says what each word means."""

    model_config = ConfigDict(extra="forbid")

    spearheads: Keys = Field((), description="any of these", examples=[["food"]])
    programmes: Keys = Field((), examples=[["HORIZON", "LIFE"]])
    sources: Keys = Field((), examples=[["portal"]])
    kinds: tuple[CallKind, ...] = ()
    audience: tuple[Literal[*l10n.AUDIENCES], ...] = Field((), description="who applies")  # type: ignore[valid-type]
    query: str = Field("", max_length=LONGEST_QUERY, description="words in any form, or a line of the rule language")
    money_min: Euro | None = Field(None, description="euro per project")
    money_max: Euro | None = None
    status: tuple[CallStatus, ...] = Field((), description="without any: forthcoming and open")
    partners: int | None = Field(None, ge=0, le=MOST_PARTNERS, description="that are surely needed, at most")
    opening: Days | None = Field(None, description="not open yet, but within so many days")
    closing: Days | None = Field(None, description="a cut-off within so many days")
    new: Annotated[str, AfterValidator(_new)] | None = Field(
        None,
        description="became news as a new call within so many days, or since a day",
        examples=["7", "2026-11-01"],
        json_schema_extra={"pattern": "^([0-9]{1,3}|(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8]))$"},
    )
    order: ListOrder = ListOrder.DEADLINE
    after: str = Field("", max_length=LONGEST_PLACE, description="the `after` of the page before")
    before: str = Field("", max_length=LONGEST_PLACE, description="the `before` of the page after")
    limit: Limit = USUAL

    def address(self) -> ListAddress:
        """The list that is asked for; InputFaults for a place that is none in a list of this order."""
        read = read_address(list(self._pairs()))
        for name in ("after", "before"):
            if getattr(self, name) and read.turn.place is None:
                raise InputFaults(Fault(Code.NO_PLACE, name))
        return read

    def _pairs(self) -> Iterator[Pair]:
        for name, value in self.model_dump(mode="json", exclude={"limit"}, exclude_none=True).items():
            yield from ((name, str(one)) for one in (value if isinstance(value, list) else [value]))


class EventQuery(BaseModel):
    """Where to go on, and how far."""

    model_config = ConfigDict(extra="forbid")

    after: str = Field("", max_length=LONGEST_PLACE, description="the `after` of the answer before; empty: the first")
    limit: Limit = USUAL

    def seq(self) -> int:
        """The number of the last event that is known; InputFaults for what is no cursor of ours."""
        try:
            digits = base64.b64decode(self.after + "=" * (-len(self.after) % 4), b"-_", validate=True) or b"0"
        except (binascii.Error, ValueError):
            digits = b""
        if not digits.isdigit() or len(digits) > LONGEST_SEQ:
            raise InputFaults(Fault(Code.NO_PLACE, "after"))
        return int(digits)


def cursor_of(seq: int) -> str:
    """An event's number as a cursor."""
    return base64.urlsafe_b64encode(str(seq).encode()).decode().rstrip("=")


def take_an_answer(request: Request, response: Response) -> None:
    """A dependency of all answers: 429 for a client that has had too many; anybody's page may show the others."""
    if client := client_of(request):
        limit: AnswersLeft = request.app.state.answers_left
        limit.take(client)
    response.headers.update(OPEN_TO_ALL)
