"""Fetch the front-end files that are committed under ``app/static/vendor``; for maintainers, needs npm.

Files are taken unchanged. ``vendor.lock.json`` beside them names for each its package, version and integrity, and the
file's sha256 and size; ``tests/test_vendor.py`` compares. Nobody who installs or runs the product needs this.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "app" / "static" / "vendor"
_SVG = re.compile(r'<svg[^>]*viewBox="([^"]+)"[^>]*>(.*)</svg>', re.DOTALL)


def pack(name: str, version: str, folder: Path) -> tuple[Path, str]:
    """Download a package; return its archive and its integrity."""
    spec = f"{name}@{version}"
    answer = subprocess.run(["npm", "pack", spec, "--json"], cwd=folder, check=True, capture_output=True, text=True)
    (described,) = json.loads(answer.stdout)
    return folder / described["filename"], described["integrity"]


def sprite(archive: tarfile.TarFile, names: list[str]) -> bytes:
    """Return one SVG file with a symbol for every icon."""
    symbols = []
    for name in sorted(names):
        source = archive.extractfile(f"package/icons/{name}.svg")
        match = _SVG.search(source.read().decode()) if source else None
        if match is None:
            raise SystemExit(f"no icon {name}")
        symbols.append(f'<symbol id="{name}" viewBox="{match[1]}">{"".join(match[2].split(chr(10)))}</symbol>')
    body = "\n".join(symbols)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'.encode()


def fetch(package: dict[str, Any], folder: Path) -> dict[str, dict[str, Any]]:
    """Write the files of one package; return their lock entries by path."""
    path, integrity = pack(package["name"], package["version"], folder)
    target = TARGET / package["folder"]
    target.mkdir(parents=True)
    entries: dict[str, dict[str, Any]] = {}
    with tarfile.open(path) as archive:
        contents = {}
        for name in package["files"]:
            source = archive.extractfile(f"package/{name}")
            if source is None:
                raise SystemExit(f"{package['name']} has no {name}")
            contents[Path(name).name] = source.read()
        if "sprite" in package:
            contents["sprite.svg"] = sprite(archive, package["sprite"])
    for name, content in contents.items():
        (target / name).write_bytes(content)
        entries[f"{package['folder']}/{name}"] = {
            "package": f"{package['name']}@{package['version']}",
            "integrity": integrity,
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
        }
    return entries


def main() -> None:
    """Replace the folder by what ``vendor.toml`` names."""
    wanted = tomllib.loads((ROOT / "tools" / "vendor.toml").read_text(encoding="utf-8"))
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    lock: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for package in wanted["package"]:
            lock.update(fetch(package, Path(folder)))
    text = json.dumps(dict(sorted(lock.items())), indent=1) + "\n"
    (TARGET / "vendor.lock.json").write_text(text, encoding="utf-8")
    print(f"{len(lock)} files, {sum(entry['bytes'] for entry in lock.values())} bytes")


if __name__ == "__main__":
    main()
