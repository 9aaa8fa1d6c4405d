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


def pairs(times: int, ours: Callable[[], float], floor: Callable[[], float]) -> tuple[float, float]:
    """The best of several runs of both, in turn: whatever else the machine does slows some of them, never the best."""
    runs = [(ours(), floor()) for _ in range(times)]
    return min(run[0] for run in runs), min(run[1] for run in runs)


def figure(name: str, value: float, floor: str) -> None:
    """Print one figure and the floor it was held against."""
    print(f"figure {name} {value:.3f}  (floor: {floor})")
