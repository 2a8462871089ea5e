"""An administrative division."""

from __future__ import annotations

from forms.field_types.tree import Tree
from forms.labels import Label


class Region(Tree):
    """A division of GB/T 2260, taken from the code list of the field."""

    name = "region"
    label = Label("行政区划", "Region")
    widget = "region"


TYPE = Region()
