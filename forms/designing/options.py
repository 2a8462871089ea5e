"""Options of a field's own: added, renamed, retired, put in order, pasted from a spreadsheet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from forms.designing.fields import get
from forms.designing.refusal import Refused
from forms.labels import Label

Raw = dict[str, Any]

MOST = 500
#: First cells of a heading that was copied along.
HEADINGS = frozenset({"code", "代码", "编码"})


def _options(raw: Mapping[str, Any], path: str) -> list[Raw]:
    options: list[Raw] = get(raw, path).setdefault("options", [])
    return options


def codes(options: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the codes of options and of those below them."""
    return [code for item in options for code in (str(item.get("code")), *codes(item.get("children") or []))]


def label(option: Mapping[str, Any]) -> Label:
    """Return the label of a raw option, empty where it has none."""
    raw = option.get("label") or {name: option[name] for name in ("zh", "en") if option.get(name)}
    return Label.of(raw) if raw and Label.fits(raw) else Label("")


def next_code(taken: Collection[str]) -> str:
    """Return the first number that is no code yet, as long as those that there are."""
    width = max((len(code) for code in taken if code.isdecimal()), default=1)
    number = 1
    while str(number).zfill(width) in taken or str(number) in taken:
        number += 1
    return str(number).zfill(width)


def add(
    raw: Mapping[str, Any], path: str, texts: Mapping[str, str], code: str = "", taken: Collection[str] = ()
) -> Raw:
    """Return the definition with one more option. :param taken: codes that were published before."""
    if not texts.get("zh", "").strip():
        raise Refused("请写选项名称。", "Write the label of the option.")
    new = deepcopy(dict(raw))
    options = _options(new, path)
    used = {*codes(options), *taken}
    if code in used:
        raise Refused(f"代码“{code}”已被使用过，请换一个。", f"The code “{code}” has been used; choose another.")
    if len(options) >= MOST:
        raise Refused(f"最多 {MOST} 个选项，请改用码表。", f"At most {MOST} options; use a code list.")
    options.append({"code": code or next_code(used), **_texts(texts)})
    return new


def _texts(label: Mapping[str, str]) -> dict[str, str]:
    return {name: label[name].strip() for name in ("zh", "en") if label.get(name, "").strip()}


@dataclass(frozen=True, slots=True)
class Posted:
    """An option as somebody has filled it in; ``position`` is its number from 1, empty for where it stands."""

    code: str
    label: Mapping[str, str]
    retired: bool
    position: str


def change_all(raw: Mapping[str, Any], path: str, posted: Sequence[Posted]) -> Raw:
    """Return the definition with labels, retirement and order of options as *posted*."""
    new = deepcopy(dict(raw))
    options = _options(new, path)
    by_code = {item.code: item for item in posted}
    places: dict[str, tuple[int, int]] = {}
    for place, option in enumerate(options):
        item = by_code.get(str(option.get("code")))
        places[str(option.get("code"))] = (place, 1)
        if item is None:
            continue
        if not item.label.get("zh", "").strip():
            raise Refused(f"选项“{item.code}”没有名称。", f"The option “{item.code}” has no label.")
        if item.position.isdecimal() and len(item.position) < 5 and int(item.position) != place + 1:
            # Moved up it stands before what was there, moved down after it.
            wanted = int(item.position) - 1
            places[item.code] = (wanted, 0 if wanted < place else 2)
        _change(option, item)
    options.sort(key=lambda option: places[str(option.get("code"))])
    return new


def _change(option: Raw, item: Posted) -> None:
    """Write what differs, so that an option that nobody touched stays as its author wrote it."""
    if label(option) != Label.of(_texts(item.label)):
        for name in ("label", "zh", "en"):
            option.pop(name, None)
        option.update(_texts(item.label))
    if item.retired != (option.get("retired") is True):
        option.pop("retired", None)
        option.update({"retired": True} if item.retired else {})


def remove(raw: Mapping[str, Any], path: str, code: str, published: Collection[str]) -> Raw:
    """Return the definition without an option that was never published."""
    if code in published:
        raise Refused("已发布的选项只能停用：已填的记录还要显示它。", "A published option can only be retired.")
    new = deepcopy(dict(raw))
    field = get(new, path)
    field["options"] = [item for item in field.get("options") or [] if item.get("code") != code]
    return new


def paste(raw: Mapping[str, Any], path: str, text: str, taken: Collection[str] = ()) -> tuple[Raw, int, int]:
    """Return the definition with options from lines of a spreadsheet, and how many are new and how many were renamed.

    A line is a label, ``code⇥label`` or ``code⇥label⇥English``. A code that is there gets its new label; a label that
    is there is left alone.
    """
    new = deepcopy(dict(raw))
    options = _options(new, path)
    by_code = {str(item.get("code")): item for item in options}
    labels = {(item.get("zh") or (item.get("label") or {}).get("zh", "")) for item in options}
    added = renamed = 0
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("\t")]
        if not any(cells) or cells[0].casefold() in HEADINGS:
            continue
        code, texts = (cells[0], cells[1:]) if len(cells) > 1 and cells[1] else ("", cells)
        said = _texts(dict(zip(("zh", "en"), texts, strict=False)))
        if code in by_code:
            changed = {**by_code[code], **said}
            renamed += changed != by_code[code]
            by_code[code].update(said)
            continue
        if not said or (not code and said["zh"] in labels):
            continue
        if code in taken:
            raise Refused(f"代码“{code}”已被使用过，请换一个。", f"The code “{code}” has been used; choose another.")
        option = {"code": code or next_code({*codes(options), *taken}), **said}
        options.append(option)
        by_code[option["code"]] = option
        labels.add(said["zh"])
        added += 1
        if len(options) > MOST:
            raise Refused(f"最多 {MOST} 个选项，请改用码表。", f"At most {MOST} options; use a code list.")
    return new, added, renamed
