"""An administrative division."""

from __future__ import annotations

from forms.field_types.tree import Tree
from forms.labels import Label


class Region(Tree):
    """A division of GB/T 2260, taken from the code list of the field."""

    name = "region"
    label = Label("行政区划", "Region")
    group = "relation"
    about = Label("从行政区划中选择", "One of the administrative regions")
    widget = "region"


TYPE = Region()
