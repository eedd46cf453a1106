"""The layers of the tree: who may import whom, read from the source with `ast`, and what an import pulls in.

The tree is a house: `FLOORS` says what stands above what. Imports go down, so that nothing runs back up and no two rooms
stand in a circle; within a room no two modules do either.

Folders that do not exist yet are fine; their rules bite as soon as they do. `WRONG` below tests the checker itself.
"""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

CORE = tuple(f"clinical_r1.{name}" for name in ("choices", "errors", "grammar", "metrics", "voting"))
EVALS, JUDGES, REPORTS = ((name, f"clinical_r1.{name}") for name in ("evals", "judges", "reports"))
TORCH = ("torch", "transformers", "trl", "peft", "accelerate")
HEAVY = ("inspect_ai", "openai", "datasets", "pandas", "numpy", "scipy", "matplotlib", "pyarrow", *TORCH)

FLOORS = (
    ("__init__", "errors", "inspect_private", "untrusted", "vignettes"),
    ("grammar",),
    ("choices", "files", "metrics", "prompts", "voting", "yaml_text"),
    ("baselines", "datasets", "stats"),
    ("sentences", "solvers"),
    ("edits", "item"),
    ("logs", "train"),
    ("analysis", "distil", "reward_audit", "verl", "world"),
    ("unread",),
    ("scorers",),
    ("judging", "tasks"),
    ("probes",),
    ("evals", "judges", "study"),
    ("reports",),
    ("workflow",),
    ("demo", "experiment"),
    ("_registry", "commands"),
    ("cli",),
)
"""Rooms (modules and packages of `clinical_r1`, and the root folders), from the ground up. `unread` stands so high because
a warning at the end of an evaluation reads the log just written; nothing that it imports is loaded before that."""
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ROOT_FOLDERS = ("evals", "judges", "recipes", "reports")


@dataclass(frozen=True)
class Rule:
    """What some files may not import, anywhere in them, functions and TYPE_CHECKING blocks included."""

    name: str
    files: tuple[str, ...]
    """Globs from the root of the tree."""
    forbidden: tuple[str, ...] = ()
    """Modules that may not be imported, nor anything inside them."""
    only: tuple[str, ...] = ()
    """If given, these modules and the standard library are all that may be imported."""
    exempt: tuple[str, ...] = ()
    """Files and folders (with a slash at the end) that the rule leaves alone."""


RULES = (
    Rule("the core is stdlib", tuple(f"clinical_r1/{m.split('.')[1]}{p}" for m in CORE for p in (".py", "/**/*.py")), only=CORE),
    Rule("package below root folders", ("clinical_r1/**/*.py",), (*EVALS, *JUDGES, *REPORTS), exempt=("clinical_r1/_registry.py", "clinical_r1/commands/")),
    Rule("evals stand alone", ("evals/**/*.py",), (*JUDGES, *REPORTS)),
    Rule("judges stand alone", ("judges/**/*.py",), (*EVALS, *REPORTS)),
    Rule("reports stand alone", ("reports/**/*.py",), (*EVALS, *JUDGES)),
    Rule("numbers know neither Inspect nor torch", ("clinical_r1/stats/**/*.py", "clinical_r1/metrics.py"), ("inspect_ai", *TORCH)),
    Rule("training imports no tasks", tuple(f"clinical_r1/{n}/**/*.py" for n in ("distil", "reward_audit", "train", "world")), EVALS),
    Rule("rewards are pure Python", ("clinical_r1/train/rewards.py",), TORCH),
    Rule("the package starts light", ("clinical_r1/__init__.py", "clinical_r1/train/__init__.py"), HEAVY),
)  # fmt: skip


def imports(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything the file imports; `from a import b` is a.b."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = [*above, *filter(None, [node.module])]
            yield from ((node.lineno, ".".join([*module, alias.name])) for alias in node.names)


def inside(name: str, modules: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def files(root: Path, patterns: tuple[str, ...]) -> list[Path]:
    return sorted({path for pattern in patterns for path in root.glob(pattern)})


def broken_imports(rule: Rule, root: Path) -> list[str]:
    permitted = (*rule.only, *sys.stdlib_module_names)
    return [
        f"{path.relative_to(root)}:{line} imports {name}"
        for path in files(root, rule.files)
        if not path.relative_to(root).as_posix().startswith(rule.exempt)
        for line, name in imports(path, root)
        if inside(name, rule.forbidden) or (rule.only and not inside(name, permitted))
    ]


def relative_imports(root: Path) -> list[str]:
    """Inspect loads these files by path, where a relative import fails."""
    return [
        f"{path.relative_to(root)}:{node.lineno} is a relative import"
        for path in files(root, ("evals/*.py", "judges/*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def private_inspect(root: Path) -> list[str]:
    """What a new version of Inspect may break stands in one module."""
    return [
        f"{path.relative_to(root)}:{line} imports {name}"
        for path in files(root, tuple(f"{top}/**/*.py" for top in ("clinical_r1", "evals", "judges", "reports")))
        if path != root / "clinical_r1" / "inspect_private.py"
        for line, name in imports(path, root)
        if name.startswith("inspect_ai.") and any(part.startswith("_") for part in name.split("."))
    ]


def undeclared(root: Path) -> list[str]:
    """Inspect finds a task, scorer or scanner by reading the file for its literal decorator, which is no re-export."""
    return [
        f"{path.relative_to(root)} has no top-level @{decorators[0]}"
        for folder, decorators in (("evals", ("task",)), ("judges", ("scorer", "scanner")))
        for path in files(root, (f"{folder}/*.py",))
        if path.name != "__init__.py" and not top_level_decorators(path) & {*decorators}
    ]


def top_level_decorators(path: Path) -> set[str]:
    functions = (node for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.FunctionDef))
    decorators = (d.func if isinstance(d, ast.Call) else d for f in functions for d in f.decorator_list)
    return {decorator.id for decorator in decorators if isinstance(decorator, ast.Name)}


def bare(name: str) -> str:
    """A root folder is installed as a package of `clinical_r1`; here it has its own name."""
    first, _, rest = name.partition(".")
    return rest if first == "clinical_r1" and rest.split(".")[0] in ROOT_FOLDERS else name


def room_of(name: str) -> str:
    parts = bare(name).split(".")
    return parts[1] if parts[0] == "clinical_r1" and len(parts) > 1 else parts[0]


def module_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(root: Path) -> list[Path]:
    return files(root, ("clinical_r1/**/*.py", *(f"{name}/**/*.py" for name in ROOT_FOLDERS)))


def upward(root: Path) -> list[str]:
    """Imports of a room that does not stand below."""
    found = []
    for path in sources(root):
        room = room_of(module_of(path, root))
        for line, name in imports(path, root):
            other = room_of(name) if bare(name).split(".")[0] in ("clinical_r1", *ROOT_FOLDERS) else room
            if other != room and FLOOR.get(other, -1) >= FLOOR.get(room, len(FLOORS)):
                found.append(f"{path.relative_to(root)}:{line} imports {name}")
    return found


def circles(root: Path) -> list[str]:
    """Modules that import each other, over however many others."""
    known = {module_of(path, root): path for path in sources(root)}
    needs: dict[str, set[str]] = {}
    for module, path in known.items():
        names = [bare(name).split(".") for _, name in imports(path, root)]
        starts = ([".".join(name[:n]) for n in range(len(name), 0, -1)] for name in names)
        needs[module] = {next((start for start in every if start in known), module) for every in starts} - {module}
    while free := [module for module, others in needs.items() if not others & needs.keys()]:
        needs = {module: others for module, others in needs.items() if module not in free}
    while outer := needs.keys() - {other for others in needs.values() for other in others}:  # they import a circle
        needs = {module: others for module, others in needs.items() if module not in outer}
    return [f"{module} stands in a circle of imports" for module in needs]


def vague_names(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)} does not say what it is about"
        for path in files(root, ("clinical_r1/**/*",))
        if path.stem in {"utils", "common", "helpers"} and (path.suffix == ".py" or path.is_dir())
    ]


CHECKS: list[Callable[[Path], list[str]]] = [
    relative_imports,
    private_inspect,
    undeclared,
    vague_names,
    upward,
    circles,
]


def violations(root: Path) -> list[str]:
    found = [problem for rule in RULES for problem in broken_imports(rule, root)]
    return sorted({*found, *(problem for check in CHECKS for problem in check(root))})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_imports_keep_to_the_layers(rule: Rule) -> None:
    assert broken_imports(rule, ROOT) == []


@pytest.mark.parametrize("check", CHECKS)
def test_files_are_found_and_named_and_stand_on_a_floor(check: Callable[[Path], list[str]]) -> None:
    assert check(ROOT) == []


def test_the_rules_look_at_this_tree() -> None:
    looked_at = {path.relative_to(ROOT).as_posix() for rule in RULES for path in files(ROOT, rule.files)}
    assert {"clinical_r1/__init__.py", "clinical_r1/grammar.py", "clinical_r1/voting.py"} <= looked_at


def test_every_room_stands_on_a_floor() -> None:
    rooms = {room_of(module_of(path, ROOT)) for path in sources(ROOT)} - {"clinical_r1", "recipes"}
    assert rooms - FLOOR.keys() == set(), "new rooms go into FLOORS"
    assert FLOOR.keys() - rooms == {"__init__"}, "and those that are gone out of it"


def exists(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


LIGHT = [m for m in ("clinical_r1", *CORE, "clinical_r1.train", "clinical_r1.train.rewards") if exists(m)]


@pytest.mark.parametrize("module", LIGHT)
def test_importing_pulls_in_nothing_heavy(module: str) -> None:
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert module in loaded
    assert [name for name in loaded if name in HEAVY] == []


TASK = "from inspect_ai import Task, task\n@task\ndef medqa() -> Task: ...\n"

WRONG = [
    ("clinical_r1/voting.py", "import numpy as np", ":1 imports numpy", "the core is stdlib only"),
    ("clinical_r1/choices/stated.py", "from inspect_ai.scorer import Score", "inspect_ai.scorer.Score", "a core module that is a folder"),
    ("clinical_r1/grammar.py", "from clinical_r1.datasets import load", "clinical_r1.datasets.load", "the core knows only itself"),
    ("clinical_r1/grammar.py", "from . import datasets", "clinical_r1.datasets", "the same, relative"),
    ("clinical_r1/metrics.py", "if True:\n    import torch", ":2 imports torch", "below top level"),
    ("clinical_r1/scorers.py", "def f():\n    import clinical_r1.evals.medqa", ":2 imports clinical_r1.evals.medqa", "inside a function"),
    ("clinical_r1/logs.py", "from clinical_r1 import reports", "clinical_r1.reports", "a submodule taken from its package"),
    ("clinical_r1/logs.py", "from reports import tables", "reports.tables", "a root folder under its bare name"),
    ("clinical_r1/study/plan.py", "from ..judges.grounding import grounding", "clinical_r1.judges.grounding.grounding", "two levels up"),
    ("clinical_r1/stats/paired.py", "import inspect_ai", "inspect_ai", "numbers without Inspect"),
    ("clinical_r1/scorers.py", "from inspect_ai._util.error import EvalError", "inspect_ai._util.error.EvalError", "Inspect's own business"),
    ("clinical_r1/train/sft.py", "from evals.medqa import medqa", "evals.medqa.medqa", "training without tasks"),
    ("clinical_r1/train/rewards.py", "from trl import GRPOTrainer", "trl.GRPOTrainer", "trl brings torch"),
    ("clinical_r1/__init__.py", "import pandas", "pandas", "heavy at start-up"),
    ("evals/medqa.py", TASK + "import clinical_r1.judges", "clinical_r1.judges", "evals never judge"),
    ("judges/grounding.py", "from reports import tables\n@scorer()\ndef grounding(): ...", "reports.tables", "judges never report"),
    ("reports/tables.py", "import evals.medqa", "evals.medqa", "reports never evaluate"),
    ("evals/medqa.py", TASK + "from .shared import x", ":4 is a relative import", "fails when Inspect loads the file"),
    ("evals/medqa.py", "from clinical_r1.tasks import medqa", "no top-level @task", "a re-export is not found"),
    ("evals/medqa.py", "if True:\n    @task\n    def medqa(): ...", "no top-level @task", "not at top level"),
    ("judges/grounding.py", "@task\ndef grounding(): ...", "no top-level @scorer", "the wrong decorator"),
    ("clinical_r1/scorers.py", "from clinical_r1.judging.counting import count", "clinical_r1.judging.counting.count", "up"),
    ("clinical_r1/stats/paired.py", "def f():\n    from clinical_r1.logs import read_logs", ":2 imports clinical_r1.logs", "up, inside a function"),
    ("clinical_r1/datasets/custom.py", "from ..train import recipe", "clinical_r1.train.recipe", "up, relative"),
    ("clinical_r1/world/cases.py", "import clinical_r1.distil", "clinical_r1.distil", "across: no room of a floor imports another"),
    ("reports/write.py", "from clinical_r1.commands import report", "clinical_r1.commands.report", "a root folder has a floor too"),
    ("clinical_r1/judging/utils.py", "", "does not say", "a name for anything"),
    ("clinical_r1/common/text.py", "", "does not say", "the same as a folder"),
]  # fmt: skip

RIGHT = [
    ("clinical_r1/voting.py", "from math import comb\nfrom clinical_r1.errors import UserError", "stdlib and the core"),
    ("clinical_r1/grammar.py", "from .errors import UserError", "the core, relative"),
    ("clinical_r1/commands/report.py", "from clinical_r1.reports import tables", "the command line composes"),
    ("clinical_r1/_registry.py", "from clinical_r1.evals.medqa import medqa", "the entry point registers"),
    ("clinical_r1/tasks.py", "import inspect_ai, clinical_r1.scorers, evalsets", "only the start of a name in common"),
    ("clinical_r1/study/loading.py", "from clinical_r1.study import folder\nfrom clinical_r1.logs import read_logs", "within a room, and down"),
    ("clinical_r1/unread.py", "def f():\n    from clinical_r1.analysis.summary import mostly_unread", "down, from where it stands"),
    ("reports/figures/forest.py", "from ..plotting import dot", "a folder of the room"),
    ("clinical_r1/stats/paired.py", "import numpy, scipy.stats", "what numbers are for"),
    ("clinical_r1/inspect_private.py", "from inspect_ai._util.error import PrerequisiteError", "the one place for it"),
    ("clinical_r1/train/sft.py", "import torch", "training trains"),
    ("clinical_r1/train/rewards.py", "from clinical_r1.grammar import parse", "the one grammar"),
    ("evals/medqa.py", TASK + "from clinical_r1.datasets import load", "root folders import the package"),
    ("evals/__init__.py", "", "a package marker declares nothing"),
    ("judges/grounding.py", "@scorer(metrics=[mean()])\ndef grounding(): ...", "a decorator with arguments"),
    ("tests/helpers.py", "import clinical_r1.evals", "outside the package"),
]  # fmt: skip


def plant(root: Path, path: str, source: str) -> None:
    (root / path).parent.mkdir(parents=True)
    (root / path).write_text(source, encoding="utf-8")


@pytest.mark.parametrize(("path", "source", "problem", "reason"), WRONG)
def test_a_wrong_tree_is_caught(tmp_path: Path, path: str, source: str, problem: str, reason: str) -> None:
    plant(tmp_path, path, source)
    found = violations(tmp_path)
    assert len(found) == 1, (reason, found)
    assert problem in found[0], reason


@pytest.mark.parametrize(("path", "source", "reason"), RIGHT)
def test_a_right_tree_passes(tmp_path: Path, path: str, source: str, reason: str) -> None:
    plant(tmp_path, path, source)
    assert violations(tmp_path) == [], reason


A, B, C = "clinical_r1/logs/a.py", "clinical_r1/logs/b.py", "clinical_r1/logs/c.py"
CIRCLES: list[tuple[dict[str, str], list[str], str]] = [
    ({A: "from clinical_r1.logs.b import x", B: "from clinical_r1.logs import a"}, ["a", "b"], "two import each other"),
    ({A: "from .b import x", B: "from . import c", C: "def f():\n    from .a import x"}, ["a", "b", "c"], "over a third, in a function"),
    ({A: "from .b import x", B: "from .c import x", C: ""}, [], "a chain"),
    ({A: "from .b import x\nfrom .c import x", B: "from .c import x", C: ""}, [], "one module for two"),
    ({A: "from .b import x", B: "from .c import x", C: "from .b import x"}, ["b", "c"], "who imports a circle stands in none"),
    ({"reports/a.py": "from .b import x", "reports/b.py": "from clinical_r1.reports.a import x"}, ["a", "b"], "under both names of a root folder"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "found", "reason"), CIRCLES)
def test_circles_are_found(tmp_path: Path, tree: dict[str, str], found: list[str], reason: str) -> None:
    for path, source in tree.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source, encoding="utf-8")
    assert [problem.split(" ")[0].rsplit(".", 1)[-1] for problem in circles(tmp_path)] == found, reason
