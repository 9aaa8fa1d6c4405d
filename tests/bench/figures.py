"""Shared by all benchmarks: time a piece of work and its floor in the same run, and print the figures."""

import gc
import logging
import time
from collections.abc import Callable

import structlog


def seconds(work: Callable[[], object]) -> float:
    """Measure the wall-clock seconds of one call, after collecting garbage."""
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def processor_seconds(work: Callable[[], object]) -> float:
    """Measure the processor seconds of one call in this process, which other load on the machine touches less."""
    gc.collect()
    begun = time.process_time()
    work()
    return time.process_time() - begun


def pairs(times: int, ours: Callable[[], float], floor: Callable[[], float]) -> tuple[float, float]:
    """Run both in turn, several times, and return the best time of each: other load hardly touches the best."""
    runs = [(ours(), floor()) for _ in range(times)]
    return min(run[0] for run in runs), min(run[1] for run in runs)


def figure(name: str, value: float, floor: str) -> None:
    """Print one figure and the floor that it was compared with."""
    print(f"figure {name} {value:.3f}  (floor: {floor})")


def no_log_lines() -> None:
    """Leave log lines below warnings out of standard output, which is for the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
