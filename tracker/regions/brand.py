"""A region's own looks: its colour by light and in the dark, and its logo. A colour that cannot be read is a fault.

The pages' other colours are in `jobs/web/static`; a test holds those below to them.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from tracker.errors import ConfigError
from tracker.strict import Strict

Colour = Annotated[str, Field(pattern=r"^(#[0-9a-fA-F]{6})?$", description="as #rrggbb")]
# What the colour stands on as the colour of links: the page and what lies on it, and the sheet of a mail.
GROUNDS = {"colour": ("#fdfcf9", "#ffffff"), "dark": ("#14181c", "#1b2126", "#1a232c")}
READABLE = 4.5  # WCAG 2.2, 1.4.3: the contrast of text, at least
MOST_LOGO_BYTES = 20_000


class Brand(Strict):
    """The table [brand] of a region's file; empty: the program's own looks."""

    colour: Colour = ""  # of links and buttons by light
    dark: Colour = ""  # and in the dark
    logo: str = ""  # an SVG file beside the region's file

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if bool(self.colour) != bool(self.dark):
            raise ValueError("colour and dark go together: one by light, and one in the dark")
        for name, grounds in GROUNDS.items():
            given = getattr(self, name)
            least = min((contrast(given, ground), ground) for ground in grounds) if given else (READABLE, "")
            if least[0] < READABLE:
                way = "darker" if name == "colour" else "lighter"
                text = f"{name}: {given} on {least[1]} has a contrast of {least[0]:.1f}"
                raise ValueError(f"{text}, and text needs {READABLE}; take a {way} one")
        return self


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (#rrggbb) as WCAG counts it, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def text_on(colour: str) -> str:
    """White or black, whichever is read better on a colour; one of them always has enough contrast."""
    return max(("#ffffff", "#000000"), key=lambda text: contrast(text, colour))


def read_logo(file: Path) -> bytes:
    """The bytes of a logo; ConfigError if it is no SVG, too large, or cannot be read."""
    try:
        drawn = file.read_bytes()
    except OSError as error:
        raise ConfigError([f"brand.logo: {file.name} cannot be read: {error.strerror}"]) from None
    if b"<svg" not in drawn or len(drawn) > MOST_LOGO_BYTES:
        raise ConfigError([f"brand.logo: {file.name} must be an SVG of at most {MOST_LOGO_BYTES} bytes"])
    return drawn
