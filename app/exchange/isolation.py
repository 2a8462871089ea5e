"""Start the programs of :mod:`app.exchange.child`, and turn what becomes of them into errors for users."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from app.errors import Invalid
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 180

REFUSALS = {
    "old_or_locked": Label(
        "文件有密码，或是旧版 .xls。请在 Excel 中另存为不加密的 .xlsx 后再上传。",
        "The file is encrypted or an old .xls. Save it as .xlsx without a password and upload it again.",
    ),
    "not_workbook": Label(
        "这不是 xlsx 文件。请使用本表单的模板。", "This is no xlsx file. Use the template of the form."
    ),
    "not_text": Label(
        "无法识别 CSV 的文字编码，请另存为 UTF-8 的 CSV，或改用 xlsx。",
        "The encoding of the CSV is not understood. Save it as UTF-8, or use xlsx.",
    ),
    "too_large": Label("文件内容过大，请分成几个文件。", "The content is too large; split it into several files."),
    "too_many_cells": Label(
        "行或列过多（最多 50,000 行、200 列）。如只有少量数据，请删除表外的多余单元格。",
        "Too many rows or columns (at most 50,000 and 200). Delete cells far outside your data.",
    ),
    "active_content": Label(
        "文件含有宏、外部链接或嵌入对象，请复制数据到模板后再上传。",
        "The file holds macros, external links or embedded objects. Copy the data into the template.",
    ),
    "damaged": Label(
        "文件无法读取，可能已损坏。请重新保存后再上传。", "The file cannot be read. Save it anew, then upload it."
    ),
}


def refusal(code: str) -> Invalid:
    """Return the error for a file that is not read."""
    return Invalid(REFUSALS.get(code, REFUSALS["damaged"]), code=code)


#: The packages above the programs are put there empty: importing the real ones would start the application.
_START = """
import runpy, sys, types
root, program, *sys.argv[1:] = sys.argv[1:]
for name in ("app", "app.exchange"):
    sys.modules[name] = package = types.ModuleType(name)
    package.__path__ = [root + "/" + name.replace(".", "/")]
runpy.run_module("app.exchange.child." + program, run_name="__main__")
"""


def run(program: str, *arguments: str, output: Path) -> int:
    """Run a child program with its output going to a file; return its exit status. Raises ``Invalid`` on a timeout."""
    # -I: neither the environment nor the current folder decides what is imported.
    command = [sys.executable, "-I", "-c", _START, str(ROOT), program, *arguments]
    try:
        with output.open("wb") as out:
            done = subprocess.run(  # noqa: S603 - our own program, arguments as a list
                command,
                stdout=out,
                stderr=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
                check=False,
                timeout=TIMEOUT_SECONDS,
            )
    except subprocess.TimeoutExpired as error:
        raise refusal("too_large") from error
    return done.returncode


def read(path: Path, kind: str, output: Path) -> None:
    """Write the content of an uploaded file to *output* as lines of JSON. Raises ``Invalid`` for what is not read."""
    _finish(run("read", str(path), kind, output=output), output)


def outline(path: Path, output: Path) -> None:
    """Write what the sheets of a workbook look like to *output*. Raises ``Invalid`` for what is not read."""
    _finish(run("outline", str(path), output=output), output)


def _finish(status: int, output: Path) -> None:
    last = _last_line(output)
    if isinstance(last, dict) and "refused" in last:
        raise refusal(str(last["refused"]))
    # Aborted, killed by a limit, or cut off: whatever it was, the content is not complete.
    if status != 0 or not (isinstance(last, dict) and last.get("end")):
        raise refusal("damaged")


def annotate(source: Path, notes: Path, target: Path) -> None:
    """Write a copy of a workbook with notes in it to *target*. Raises ``Invalid`` where that cannot be done."""
    if run("annotate", str(source), str(notes), str(target), output=Path(os.devnull)) != 0:
        target.unlink(missing_ok=True)
        raise refusal("damaged")


def _last_line(output: Path) -> Any:
    with output.open("rb") as file:
        file.seek(max(0, output.stat().st_size - 200_000))
        lines = file.read().splitlines()
    try:
        return orjson.loads(lines[-1]) if lines else None
    except orjson.JSONDecodeError:
        return None


def lines(output: Path) -> Iterator[Any]:
    """Yield the lines that :func:`read` wrote."""
    with output.open("rb") as file:
        for line in file:
            yield orjson.loads(line)
