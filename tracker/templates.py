"""Templates: one way in which pages, mails and feeds are made from Jinja templates."""

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined, select_autoescape

from tracker import l10n


def template_environment(package: str, language: str, cache: BytecodeCache | None = None) -> Environment:
    """The environment of a package's templates, which speak a language; what HTML and XML show is escaped."""
    made = Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(["html", "xml"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=cache,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(l10n.catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return made
