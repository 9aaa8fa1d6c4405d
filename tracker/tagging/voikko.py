"""Bind Voikko, the Finnish morphology, where it is installed (Debian: libvoikko1 and voikko-fi).

This is our own binding because those on PyPI are under the GPL. `tracker.tagging.lemmas` uses it.
"""

import ctypes
import threading
from itertools import count, takewhile
from typing import NamedTuple

LIBRARY = "libvoikko.so.1"


class Analysis(NamedTuple):
    """One reading of a word: its base form, and the places in the written word where a compound's parts begin."""

    base: str
    cuts: tuple[int, ...]


class Voikko:
    """The library with its Finnish dictionary. It is not thread-safe, so a lock lets in one word at a time."""

    def __init__(self, library: ctypes.CDLL, handle: int) -> None:
        self._library, self._handle = library, handle
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """The library's version."""
        return bytes(self._library.voikkoGetVersion()).decode()

    def analyse(self, word: str) -> list[Analysis]:
        """List every reading of a word; none if Voikko does not know it."""
        with self._lock:
            analyses = self._library.voikkoAnalyzeWordCstr(self._handle, word.encode(errors="replace"))
            if not analyses:
                return []
            readings = [self._reading(analysis) for analysis in takewhile(bool, map(analyses.__getitem__, count()))]
            self._library.voikko_free_mor_analysis(analyses)
        return [reading for reading in readings if reading.base]

    def _reading(self, analysis: int) -> Analysis:
        return Analysis(self._value(analysis, b"BASEFORM"), _cuts(self._value(analysis, b"STRUCTURE")))

    def _value(self, analysis: int, key: bytes) -> str:
        value = self._library.voikko_mor_analysis_value_cstr(analysis, key)
        if not value:
            return ""
        text = ctypes.string_at(value).decode()
        self._library.voikko_free_mor_analysis_value_cstr(value)
        return text


def find_voikko() -> Voikko | None:
    """Load Voikko; None if the library or its Finnish dictionary is not installed."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    _declare(library, "voikkoInit", pointer, ctypes.POINTER(text), text, text)
    _declare(library, "voikkoGetVersion", text)
    _declare(library, "voikkoAnalyzeWordCstr", ctypes.POINTER(pointer), pointer, text)
    _declare(library, "voikko_mor_analysis_value_cstr", pointer, pointer, text)
    _declare(library, "voikko_free_mor_analysis", None, ctypes.POINTER(pointer))
    _declare(library, "voikko_free_mor_analysis_value_cstr", None, pointer)
    handle = library.voikkoInit(ctypes.byref(text()), b"fi", None)
    return Voikko(library, handle) if handle else None


def _declare(library: ctypes.CDLL, name: str, result: type | None, *arguments: type) -> None:
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments


def _cuts(structure: str) -> tuple[int, ...]:
    """Return the places in the word where a part begins, after the first: "=pppp=ppppp" has one, at 4."""
    places, letters = [], 0
    for mark in structure:
        if mark == "=":
            places.append(letters)
        else:
            letters += 1
    return tuple(place for place in places if place)
