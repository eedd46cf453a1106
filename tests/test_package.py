"""What an ordinary, not editable, installation contains."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import clinical_r1

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]
ROOT_FOLDERS = ("evals", "judges", "recipes", "reports")


def test_every_folder_with_modules_is_a_listed_package() -> None:
    inside = {path.parent.relative_to(ROOT) for path in (ROOT / "clinical_r1").rglob("*.py")}
    beside = {path.parent.relative_to(ROOT) for name in ROOT_FOLDERS for path in (ROOT / name).rglob("*.py")}
    expected = {".".join(folder.parts) for folder in inside} | {f"clinical_r1.{'.'.join(f.parts)}" for f in beside}
    assert set(SETUPTOOLS["packages"]) == expected


def test_every_file_that_is_no_module_is_package_data() -> None:
    folders = {
        name: ROOT / SETUPTOOLS["package-dir"].get(name, name.replace(".", "/")) for name in SETUPTOOLS["packages"]
    }
    data = {
        name: {path for pattern in SETUPTOOLS["package-data"].get(name, []) for path in folder.glob(pattern)}
        for name, folder in folders.items()
    }
    for name, folder in folders.items():
        others = {path for path in folder.iterdir() if path.is_file() and path.suffix not in (".py", ".pyc")}
        assert others <= data[name], f"{name}: {others - data[name]}"


def test_the_version_is_stated_once_for_users_and_once_for_pip() -> None:
    assert PROJECT["project"]["version"] == clinical_r1.__version__


def test_the_lock_has_what_the_project_needs_and_constraints_are_its_versions() -> None:
    lock, constraints = ((ROOT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "constraints.txt"))
    pins = dict(re.findall(r"^([a-z][^ ]*)==([^ ]+) \\\n    --hash=sha256:", lock, re.MULTILINE))
    assert pins == dict(re.findall(r"^([^#=\s]+)==(.+)$", constraints, re.MULTILINE))  # both are made by `make lock`
    project, extras = PROJECT["project"], PROJECT["project"]["optional-dependencies"]
    for needed in map(Requirement, [*project["dependencies"], *extras["dev"], *extras["train"]]):
        assert needed.specifier.contains(pins[canonicalize_name(needed.name)]), needed
    assert "://" not in lock  # packages come from wherever the user's pip is told to look
