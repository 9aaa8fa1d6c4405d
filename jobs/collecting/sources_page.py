"""Generate docs/sources.md from the docstrings and settings of the source modules.

tests/jobs/collecting/test_sources_page.py compares the page with the modules.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tracker.sources import Described, Source, SourceSettings, kinds

PAGE = Path("docs/sources.md")  # in a checkout
COMMAND = "tracker sources page"
HEAD = f"""# Sources

Where calls are read, in the words of the modules that read them (`tracker/sources/`). This page is generated: by
`tracker sources record` when a source begins ([how](../README.md#add-a-source)), and by `{COMMAND}` whenever a
module says something else.

Every source can be switched off (`enabled`) and given other bounds (`least`, `most`) under `[sources.<key>]` of the
configuration, or of the region's file, which lies below it ([regions.md](regions.md)). What is one region's own (codes,
authorities, pages) is empty here and stands in its file. What was *never seen live* was built on recorded answers or on
what others report: look at the first readings of such a source before you trust it. Few sources have a *past*, closed
calls that `tracker backfill` can read ([operator.md](operator.md#backfill)).
"""
HEADING = re.compile(r"(?m)^(Publisher|How it is asked|Terms|Never seen live):")


def write_sources_page(root: Path, modules: Mapping[str, ModuleType]) -> Path:
    """Write the page of these sources into a checkout; return its path."""
    file = root / PAGE
    file.write_text(page(modules), encoding="utf-8")
    return file


def page(modules: Mapping[str, ModuleType]) -> str:
    """The whole page: a section for each of these sources, then one for each kind of site."""
    parts = [HEAD, _overview(modules), *(_source(module) for module in modules.values())]
    parts += ["## Sites of your own\n", *map(_kind, _kinds())]
    return "\n".join(parts)


def _kinds() -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(kinds.__path__, f"{kinds.__name__}."):
        yield importlib.import_module(info.name)


def _overview(modules: Mapping[str, ModuleType]) -> str:
    rows = ["| source | publisher | believed calls | past | on by default |", "| --- | --- | --- | --- | --- |"]
    for key, module in modules.items():
        source = module.SOURCE
        bounds = f"{source.bounds.least}–{source.bounds.most}"
        is_on = "yes" if module.Settings().enabled else "no"
        past = f"since {source.past.since.year}" if source.past else ""
        rows.append(f"| [{source.name}](#{key}) | {source.publisher} | {bounds} | {past} | {is_on} |")
    return "\n".join(rows) + "\n"


def _source(module: ModuleType) -> str:
    source = module.SOURCE
    return "\n".join(
        [
            f'<a id="{source.key}"></a>\n\n## {source.name} (`{source.key}`)\n',
            _description(module),
            f"- **Home:** <{source.home}>\n- **Licence of its facts:** {source.licence}",
            f"- **Its past:** {_past(source)}\n",
            _settings(module.Settings, SourceSettings),
        ]
    )


def _past(source: Source) -> str:
    if source.past is None:
        return "none; it is read as far as its list shows"
    return f"`tracker backfill {source.key}` reads {source.past.what}, since {source.past.since.year}"


def _kind(module: ModuleType) -> str:
    return "\n".join([f'### `kind = "{module.KIND}"`\n', _description(module), _settings(module.Entry, Described)])


def _description(module: ModuleType) -> str:
    """A module's docstring as paragraphs, with its headings as list items."""
    lines, is_item = [], False
    for line in HEADING.sub(r"- **\1:**", (module.__doc__ or "").strip()).split("\n"):
        is_item = line.startswith("- **") or (is_item and bool(line))
        lines.append(f"  {line}" if is_item and not line.startswith("- **") else line)
    return "\n".join(lines) + "\n"


def _settings(model: type[BaseModel], common: type[BaseModel]) -> str:
    fields = {name: field for name, field in model.model_fields.items() if name not in common.model_fields}
    if not fields:
        return ""
    rows = ["| setting | default | |", "| --- | --- | --- |"]
    rows += [f"| `{name}` | {_default(field)} | {field.description or ''} |" for name, field in fields.items()]
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value: Any = field.get_default(call_default_factory=True)
    if value in (None, "", (), {}):
        return "empty"
    return f"`{', '.join(map(str, value))}`" if isinstance(value, tuple) else f"`{value}`"
