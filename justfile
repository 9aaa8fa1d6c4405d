# What a developer runs; CI runs the same recipes. `just` is among the development requirements: .venv/bin/just
bin := justfile_directory() / ".venv/bin"

# List the recipes.
_list:
    @{{ just_executable() }} --list --unsorted

# Bring the code into its form.
fmt:
    {{ bin }}/ruff check --fix-only --quiet .
    {{ bin }}/ruff format .

# Form, floors, and what must not be committed.
lint: guard
    {{ bin }}/ruff format --check .
    {{ bin }}/ruff check .
    {{ bin }}/lint-imports

# Types, strictly.
types:
    {{ bin }}/mypy

# The tests, or some of them: just test tests/tracker/test_config.py -k crontab
test *arguments:
    {{ bin }}/pytest {{ arguments }}

# The benchmarks, or some of them by name; each prints its figures against a floor measured in the same run.
bench *names:
    #!/usr/bin/env bash
    set -euo pipefail
    names="{{ names }}"
    for name in ${names:-$(grep -l __main__ tests/bench/*.py | xargs -n 1 basename -s .py)}; do
        {{ bin }}/python "tests/bench/$name.py"
    done

# The pictures of README and docs, taken anew of the demo.
pictures:
    {{ bin }}/python tests/pictures.py

# The whole service on a small portal of its own, offline; leaves its mails in demo/.
demo *arguments:
    {{ bin }}/tracker demo {{ arguments }}

# Every job on its schedule, until it is stopped.
serve *arguments:
    {{ bin }}/tracker serve {{ arguments }}

# Write the migration from the schema as it is to the tables in code; read it before it is committed.
[positional-arguments]
migration message:
    #!{{ bin }}/python
    import sys
    import tempfile
    from pathlib import Path

    sys.path.insert(0, "{{ justfile_directory() }}")
    from alembic import command
    from alembic.config import Config

    from db.engine import Database, upgrade

    folder = Path("{{ justfile_directory() }}/db/migrations")
    with tempfile.TemporaryDirectory() as scratch:
        db = Database(f"sqlite:///{scratch}/empty.sqlite3")
        upgrade(db)
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["engine"] = db.engine
        number = len(list(folder.glob("versions/*.py"))) + 1
        command.revision(config, sys.argv[1], autogenerate=True, rev_id=f"{number:04d}")
        db.dispose()

# Keep a page of a source, old or new, beside the tests; a new one gets its three files.
record source url:
    {{ bin }}/tracker sources record {{ source }} '{{ url }}'

# Resolve the requirements anew into the two lock files (needs uv).
lock *arguments:
    uv pip compile -q pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header --no-annotate {{ arguments }} -o requirements.txt
    uv pip compile -q pyproject.toml --group dev --extra learn -c requirements.txt --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-header --no-annotate {{ arguments }} -o requirements-dev.txt

# No committed file names a package registry, a mirror, or a place on somebody's machine.
guard:
    @git rev-parse --quiet --verify HEAD > /dev/null
    @! git grep -nIE 'py[p]i\.org|pythonh[o]sted|npmj[s]\.|deb\.debia[n]|(index|extra-index)-ur[l] *=|/(op[t]|wor[k]|roo[t]|tm[p]|hom[e])/' -- .

# Everything that CI does, on a clean checkout.
ci:
    .ci/run
