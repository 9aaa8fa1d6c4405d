"""The log: lines of structlog on standard error, for a person or as JSON; no address or token stands in it.

What libraries log (from warnings on) goes the same way; of an error that they log, what `traced` says of it.
"""

import logging
import sys
import traceback
from datetime import date

import structlog
from structlog.typing import EventDict, Processor

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def log_to_stderr(level: str, *, as_json: bool = False) -> None:
    """Log from this level on to standard error; standard output holds nothing but a command's result."""
    own: list[Processor] = [structlog.processors.add_log_level, structlog.processors.TimeStamper("iso"), _with_iso_days]
    render: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if not as_json:
        render = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[*own, render],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # not the one of an earlier time
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=render, foreign_pre_chain=[*own, _without_words])
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _with_iso_days(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in event.items()}


def _without_words(_logger: object, _method: str, event: EventDict) -> EventDict:
    """What a library logs with an error, without the error's words, which asyncio repeats below its first line."""
    if not (raised := event.pop("exc_info", None)):
        return event
    error = raised[1]
    first_line = str(event["event"]).partition("\n")[0]
    return {**event, "event": first_line, **(traced(error) if error else {})}


def traced(error: BaseException) -> dict[str, str]:
    """What a log line says of an error nobody foresaw: its type and where it was raised.

    Its message is left out, as it may name an address.
    """
    return {"error": type(error).__name__, "stack": "".join(traceback.format_tb(error.__traceback__))}
