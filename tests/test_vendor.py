"""The committed front-end files are the ones that were fetched, with their licences."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "app" / "static" / "vendor"
LOCK = json.loads((VENDOR / "vendor.lock.json").read_text(encoding="utf-8"))


def test_every_file_is_locked_and_unchanged():
    found = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()} - {"vendor.lock.json"}
    assert found == set(LOCK)
    assert len(found) >= 10
    for name, entry in LOCK.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == entry["sha256"], name


def test_every_package_has_its_licence_and_the_wanted_version():
    wanted = tomllib.loads((ROOT / "tools" / "vendor.toml").read_text(encoding="utf-8"))["package"]
    assert {f"{package['name']}@{package['version']}" for package in wanted} == {
        entry["package"] for entry in LOCK.values()
    }
    for package in wanted:
        names = [name for name in LOCK if name.startswith(package["folder"] + "/")]
        assert any("LICEN" in name for name in names), package["name"]


def test_files_name_no_registry_and_no_delivery_network():
    for name in LOCK:
        text = (VENDOR / name).read_text(encoding="utf-8")
        for host in ("registry.", "unpkg", "jsdelivr", "cdnjs", "npmmirror"):
            assert host not in text, (name, host)
