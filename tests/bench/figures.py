"""What every benchmark shares: timing against a floor in the same run, and how a figure is printed."""

import gc
import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one call, with garbage collected before it."""
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def figure(name: str, value: float, floor: str) -> None:
    """Print one figure and the floor it was held against."""
    print(f"figure {name} {value:.3f}  (floor: {floor})")
