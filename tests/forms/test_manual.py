"""The manual for authors names everything there is, and its example is sound."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forms.answers.masks import MASKS
from forms.checking import check_definition
from forms.checks.settings import CYCLES, KINDS
from forms.definition import CLASSES, Definition
from forms.expressions import FUNCTIONS
from forms.field_types import FIELD_TYPES
from forms.files.loading import FIELD_KEYS, FORM_KEYS, load_yaml
from forms.labels import Label

MANUAL = (Path(__file__).parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")
CODE = " ".join(re.findall(r"```.*?```|`[^`]+`", MANUAL, re.DOTALL))
SETTINGS = {setting.name for kind in FIELD_TYPES.values() for setting in kind.settings}


@pytest.mark.parametrize(
    "word",
    sorted(
        {*FIELD_TYPES, *FUNCTIONS, *MASKS, *CLASSES, *KINDS, *CYCLES, *SETTINGS, *FIELD_KEYS, *FORM_KEYS}
        - {"organization", "print"}
    ),
)
def test_the_manual_names(word):
    assert re.search(rf"(?<![a-z_]){word}(?![a-z_])", CODE)


def test_the_example_is_sound():
    example = load_yaml(re.search(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)[1])
    forms = {"training_base_register": Definition("training_base_register", Label("基地"), "training_base", ())}
    assert check_definition(example, {}, forms) == []
