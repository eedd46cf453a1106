"""Entries for the register of inspect_evals say what the code says."""

import inspect
import re
from pathlib import Path

import pytest
import yaml
from inspect_ai.util import registry_info

from clinical_r1 import _registry
from clinical_r1.datasets import BENCHMARKS
from clinical_r1.metrics import PROBES

ROOT = Path(__file__).parents[1]
ENTRIES = sorted((ROOT / "register").glob("*/eval.yaml"))
KEYS = {"full_title", "common_title", "paper_title", "description", "arxiv", "tags", "tasks"}
"""What its schema knows and we fill; `contributors` and `source` are for whoever submits. It knows no `version`."""


def test_every_task_that_has_data_of_its_own_has_an_entry() -> None:
    tasks = {path.stem for path in (ROOT / "evals").glob("*.py")} - {"__init__", "mcq", *PROBES}
    assert {entry.parent.name for entry in ENTRIES} == {f"clinical_r1_{task}" for task in tasks}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.parent.name)
def test_an_entry_says_what_the_code_says(entry: Path) -> None:
    said = yaml.safe_load(entry.read_text(encoding="utf-8"))
    [task] = said["tasks"]
    assert {*said} <= KEYS
    assert "\n" not in said["description"]
    source = (ROOT / task["task_path"]).read_text(encoding="utf-8")
    assert f"@task\ndef {task['name']}(" in source
    function = getattr(_registry, task["name"])
    assert registry_info(function).name == f"clinical_r1/{task['name']}"
    if benchmark := BENCHMARKS.get(task["name"]):
        docstring = " ".join(source.split('"""')[1].split())
        assert task["dataset_samples"] == benchmark.rows[benchmark.hub.split]
        assert f"{task['dataset_samples']:,}" in docstring
        assert {said["paper_title"], said["arxiv"].rpartition("/")[2]} <= {
            part for part in (said["paper_title"], *re.findall(r"arXiv ([\d.]+\d)", docstring)) if part in docstring
        }
    else:
        assert task["dataset_samples"] == inspect.signature(function).parameters["n"].default
