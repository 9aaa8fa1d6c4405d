"""Templates: a process that runs has those of its start, whatever is upgraded under it."""

from pathlib import Path

import pytest

from jobs.base.app import App
from jobs.web.site import make_site
from tracker.templates import template_environment, templates_read


def test_a_template_is_that_of_the_start_whatever_is_upgraded_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "upgraded" / "templates"
    folder.mkdir(parents=True)
    (tmp_path / "upgraded" / "__init__.py").touch()
    (folder / "base.html").write_text("<p>{% block main %}{% endblock %}</p>")
    (folder / "page.html").write_text('{% extends "base.html" %}{% block main %}old{% endblock %}')
    monkeypatch.syspath_prepend(str(tmp_path))
    environment = template_environment("upgraded", "fi")
    (folder / "base.html").unlink()
    (folder / "page.html").write_text("new")
    for each in (environment, template_environment("upgraded", "sv")):
        assert each.get_template("page.html").render() == "<p>old</p>"


def test_a_site_has_read_all_templates_before_its_first_page(app: App) -> None:
    templates_read.cache_clear()
    make_site(app)
    assert templates_read.cache_info().currsize == 3
