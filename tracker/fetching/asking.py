"""What a source knows of the web: how we behave there, an answer, and what it may ask for.

Imports no HTTP client, which takes long: every command reads the settings, and few fetch (`tracker.fetching.fetch`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import Field

from tracker.strict import Strict


class FetchSettings(Strict):
    """How we behave towards every publisher."""

    product: str = Field("Karkivahti/0.1", pattern=r"^[\x21-\x7e]+$", description="product token of the User-Agent")
    contact: str = Field("", pattern=r"^[\x20-\x7e]*$", description="address or page of the people who run this")
    connect_seconds: float = Field(10.0, gt=0, description="longest wait for a connection")
    read_seconds: float = Field(15.0, gt=0, description="longest silence while an answer comes")
    total_seconds: float = Field(300.0, gt=0, description="longest time for one whole answer")
    max_bytes: int = Field(32_000_000, gt=0, description="largest answer taken, decompressed")
    gap_seconds: float = Field(1.0, ge=0, description="pause between two requests to one host; 0 for a local replay")
    longest_gap_seconds: float = Field(30.0, ge=0, description="a robots.txt that asks for more is a refusal")
    attempts: int = Field(4, ge=1, description="times one request is tried, the first included")
    retry_min_seconds: float = Field(1.0, ge=0, description="wait before the second attempt; doubles from there")
    retry_max_seconds: float = Field(60.0, ge=0, description="longest wait; a Retry-After beyond it ends the run")
    allowed_hosts: tuple[str, ...] = Field((), description="hosts that may have private addresses")
    obey_robots: bool = Field(True, description="read and obey robots.txt")
    own_page_days: int = Field(
        3, ge=0, description="how long a call's own page is not asked for again while its list shows the call unchanged"
    )

    @property
    def user_agent(self) -> str:
        return f"{self.product} (+{self.contact})" if self.contact else self.product


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response; `body` is decompressed and, of a text, in UTF-8; header names are lower-case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetch(Protocol):
    """Whoever asks for a source: the HTTP client itself, or a child process's way to it."""

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        attempts: int | None = None,
        row: str = "",
    ) -> Answer: ...

    async def post_parts(self, url: str, *, params: Mapping[str, str | int], parts: Mapping[str, object]) -> Answer: ...

    async def post_json(
        self, url: str, *, body: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> Answer: ...

    def remembered(self, url: str, row: str | None = None) -> bytes | None: ...

    def forget(self, url: str) -> None: ...

    def note_retry(self, reason: str) -> None: ...
