"""Voikko, the Finnish morphology, where its library is on the machine (Debian: libvoikko1 and voikko-fi).

A binding of our own: the ones that can be installed with pip are under the GPL. Does not lemmatise other languages or
decide what is done with a base form (`tracker.tagging.lemmas`).
"""

import ctypes
import threading
from itertools import count, takewhile
from typing import NamedTuple

LIBRARY = "libvoikko.so.1"


class Analysis(NamedTuple):
    """One reading of a word: its base form, and where in the word as written a part of a compound begins."""

    base: str
    cuts: tuple[int, ...]


class Voikko:
    """The library with its Finnish dictionary. One word at a time: the library is not safe between threads."""

    def __init__(self, library: ctypes.CDLL, handle: int) -> None:
        self._library, self._handle = library, handle
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """The library's version."""
        return bytes(self._library.voikkoGetVersion()).decode()

    def analyse(self, word: str) -> list[Analysis]:
        """Every reading of a word; none where Voikko does not know it."""
        with self._lock:
            found = self._library.voikkoAnalyzeWordCstr(self._handle, word.encode(errors="replace"))
            if not found:
                return []
            readings = [self._reading(one) for one in takewhile(bool, map(found.__getitem__, count()))]
            self._library.voikko_free_mor_analysis(found)
        return [one for one in readings if one.base]

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
    """Voikko, or None where the library or its Finnish dictionary is not on the machine."""
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
    """Places in the word where a part begins, after the first: "=pppp=ppppp" has one, at 4."""
    places, letters = [], 0
    for mark in structure:
        if mark == "=":
            places.append(letters)
        else:
            letters += 1
    return tuple(place for place in places if place)
