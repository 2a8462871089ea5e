"""Keep ``translations/`` in step with the texts in the source.

The source speaks Chinese, so a Chinese page needs no catalogue of ours; ``zh`` only fills the texts that
Flask-AppBuilder, WTForms and Flask-Login write in English. ``en`` translates everything.

``python -m tools.catalogues --update``   collect new texts, drop the ones that are gone
``python -m tools.catalogues --check``    fail when a text is missing, unused or untranslated
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
#: ``pgettext`` tells apart what is one word in Chinese and two in English: an action (停用, Retire) and its outcome.
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "_l": None,
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
}
FOLDERS = ("app",)
HEAD_DATE = datetime(2026, 1, 1, tzinfo=UTC)


def extract() -> Catalog:
    """Return every text of the source."""
    # A fixed head: collecting anew changes nothing where no text has changed.
    catalog = Catalog(
        locale="en",
        project="xiaoqitong",
        version="1",
        header_comment="# English texts of xiaoqitong.",
        creation_date=HEAD_DATE,
        revision_date=HEAD_DATE,
        last_translator="xiaoqitong maintainers",
        language_team="en",
        msgid_bugs_address="-",
        charset="utf-8",
        fuzzy=False,
    )
    for folder in FOLDERS:
        options = {"**/templates/**.html": {"silent": "false"}}
        found = extract_from_dir(ROOT / folder, METHODS, keywords=KEYWORDS, options_map=options)
        for filename, _line, message, _comments, context in found:
            catalog.add(message, locations=[(f"{folder}/{filename}", 0)], context=context)
    return catalog


def read(path: Path) -> Catalog:
    """Return the catalogue at *path*, empty when there is none."""
    if not path.exists():
        return Catalog(locale="en", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale="en")


def texts(catalog: Catalog) -> dict[object, object]:
    """Return message id → translation, the header left out; an id with a context is a pair of both."""
    return {_key(message): message.string for message in catalog if message.id}


def _key(message: Message) -> object:
    identifier = tuple(message.id) if isinstance(message.id, list | tuple) else message.id
    return (message.context, identifier) if message.context else identifier


def is_translated(string: object) -> bool:
    """Tell whether a translation says something."""
    return all(string) if isinstance(string, tuple | list) else bool(string)


def update() -> None:
    """Write the catalogue: texts of the source, with the translations known so far."""
    known = texts(read(ENGLISH))
    fresh = extract()
    for message in fresh:
        if message.id and _key(message) in known:
            message.string = known[_key(message)]
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    with ENGLISH.open("wb") as file:
        write_po(file, fresh, width=120, sort_output=True, omit_header=False, include_lineno=False, no_location=True)


def check() -> list[str]:
    """Return what is wrong with the catalogue, a line each."""
    known, source = texts(read(ENGLISH)), texts(extract())
    problems = [f"not in the catalogue: {key}" for key in source if key not in known]
    problems += [f"no longer in the source: {key}" for key in known if key not in source]
    problems += [f"not translated: {key}" for key, text in known.items() if key in source and not is_translated(text)]
    return problems


def main() -> int:
    """Run the command line; 1 when the check fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.update:
        update()
    problems = check() if options.check else []
    for problem in problems:
        sys.stdout.write(problem + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
