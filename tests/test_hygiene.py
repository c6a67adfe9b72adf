"""What must not be in the repository, and what must be complete: secrets, addresses, pins, licences, translations."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest

from tests.tools import catalog
from tests.tools.planted import plants
from tests.tools.sources import ROOT, project_files

REQUIREMENTS = ("requirements.txt", "requirements-build.txt", "requirements-dev.txt")
# The foreign clients' environment is theirs alone: its pins need not agree with the others.
ALL_REQUIREMENTS = (*REQUIREMENTS, "requirements-clients.txt")

VENDORED = sorted(path for path in (*ROOT.glob("static/vendor/*"), *ROOT.glob("tests/vendor/*")) if path.is_dir())

# Spelled in parts, so that this file passes its own check.
INDEX_ADDRESSES = (
    "pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com", "unpkg" + ".com", "jsdelivr" + ".net",
    "deb.debian" + ".org", "-index" + "-url", "--find" + "-links", "--trusted" + "-host", '"resolved": "' + "http",
)
MACHINE_PATHS = ("/wo" + "rk/", "/tmp/br" + "ief", "/opt/wh" + "eels", "/ro" + "ot/", "/." + "pyenv/")


def test_no_key_or_secret_is_in_any_file() -> None:
    assert plants(project_files()) == []


@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN " + "RSA PRIVATE KEY-----",
        "AKIA" + "IOSFODNN7ABCDEFG",
        "BINANCE = '{random}'",
        "api_secret={random}",
        "NOF1_MASTER_KEY: {random}",
    ],
)
def test_a_planted_key_is_found(tmp_path: Path, line: str) -> None:
    planted = tmp_path / "settings.py"
    planted.write_text("harmless = 1\n" + line.format(random=secrets.token_hex(32)) + "\n", encoding="utf-8")
    assert [found.partition(": ")[0] for found in plants([planted])][:1] == [f"{planted}:2"]


@pytest.mark.parametrize("needles", [INDEX_ADDRESSES, MACHINE_PATHS], ids=["index addresses", "machine paths"])
def test_no_file_names_an_index_or_a_path_of_one_machine(needles: tuple[str, ...]) -> None:
    texts = {path: path.read_bytes() for path in project_files()}
    assert [f"{path}: {n}" for path, text in texts.items() for n in needles if n.encode() in text] == []


@pytest.mark.parametrize("name", ALL_REQUIREMENTS)
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    pinned = re.compile(r"[a-z0-9._-]+==\S+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [line.split(" --hash")[0] for line in lines if line.strip() and not pinned.fullmatch(line)] == []


@pytest.mark.parametrize("name", ALL_REQUIREMENTS)
def test_every_requirement_asked_for_is_among_the_pins(name: str) -> None:
    wanted = (ROOT / name).with_suffix(".in").read_text(encoding="utf-8")
    asked = re.findall(r"^[a-z0-9][a-z0-9-]*", wanted, re.MULTILINE)
    pinned = re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert asked and set(asked) <= set(pinned)


def test_the_pins_of_all_files_agree() -> None:
    pins: dict[str, set[str]] = {}
    for name in REQUIREMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        for package, version in re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE):
            pins.setdefault(package, set()).add(version)
    assert {package: versions for package, versions in pins.items() if len(versions) > 1} == {}


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.name)
def test_a_vendored_library_says_its_version_and_licence(folder: Path) -> None:
    assert (folder / "LICENSE").stat().st_size > 100
    assert re.search(r"\d+\.\d+\.\d+.*licence", (folder / "README.txt").read_text(encoding="utf-8"))


def test_the_catalog_holds_exactly_the_sentences_of_the_sources() -> None:
    written, translated = catalog.sentences(), set(catalog.by_msgid(catalog.edited()))
    assert {"missing, run make messages": written - translated, "no longer used": translated - written} == {
        "missing, run make messages": set(), "no longer used": set(),
    }


def test_every_sentence_has_its_chinese() -> None:
    assert catalog.untranslated(catalog.edited()) == []


def test_the_compiled_catalog_is_the_edited_one() -> None:
    assert catalog.by_msgid(catalog.compiled()) == catalog.by_msgid(catalog.edited())
