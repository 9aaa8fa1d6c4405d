"""Templates: one way in which pages, mails and feeds are made from Jinja templates."""

from collections.abc import Callable, Mapping
from functools import cache

from jinja2 import BytecodeCache, Environment, FunctionLoader, PackageLoader, StrictUndefined, select_autoescape

from tracker import l10n


def template_environment(package: str, language: str, compiled: BytecodeCache | None = None) -> Environment:
    """The environment of a package's templates, which speak a language; what HTML and XML show is escaped."""
    made = Environment(
        loader=FunctionLoader(_from(templates_read(package))),
        autoescape=select_autoescape(["html", "xml"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=compiled,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(l10n.catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return made


@cache
def templates_read(package: str) -> Mapping[str, tuple[str, str]]:
    """The text and the file of each template of a package: read once, so that an upgrade changes no running process."""
    loader, any_environment = PackageLoader(package), Environment(autoescape=True)
    read = {name: loader.get_source(any_environment, name) for name in loader.list_templates()}
    return {name: (text, file) for name, (text, file, _) in read.items()}


def _from(templates: Mapping[str, tuple[str, str]]) -> Callable[[str], tuple[str, str, Callable[[], bool]] | None]:
    return lambda name: (*templates[name], lambda: True) if name in templates else None
