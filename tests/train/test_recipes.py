"""Recipes, and `clinical-r1 train` as far as it goes without a model."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clinical_r1.cli import main
from clinical_r1.errors import UserError
from clinical_r1.train.dry_run import gradient_accumulation_steps, plan
from clinical_r1.train.recipe import (
    AdaptiveKl,
    Data,
    KlGuard,
    Lora,
    Recipe,
    RlRecipe,
    SftRecipe,
    Vllm,
    bundled,
    load,
    resolved,
)
from clinical_r1.train.reward_functions import REWARDS, TWINS_TERM
from clinical_r1.yaml_text import dump_text
from tests.running import ROOT

RL = """
method: rl
about: a test
model: folder
output: runs/test
rewards: {accuracy: 10, format: 1}
learning_rate: 1e-6
device_batch: 2
prompts_per_batch: 8
prompts_per_update: 4
"""


def flat(recipe: Recipe) -> dict[str, Any]:
    """Dotted key -> value, without what every run has for itself."""
    found: dict[str, Any] = {}

    def walk(values: dict[str, Any], path: str) -> None:
        for key, value in values.items():
            walk(value, f"{path}{key}.") if isinstance(value, dict) else found.update({f"{path}{key}": value})

    walk(recipe.model_dump(exclude={"about", "output"}), "")
    return found


def differences(name: str, other: str) -> dict[str, Any]:
    """Key -> its value in the recipe of that name, None where it is not there, for all keys that differ."""
    one, two = flat(load(name)), flat(load(other))
    return {key: one.get(key) for key in one | two if one.get(key) != two.get(key)}


@pytest.mark.parametrize("name", bundled())
def test_every_bundled_recipe_loads_and_can_be_planned(name: str) -> None:
    recipe = load(name)
    processes = 1 if name.startswith("world") or "single_gpu" in name else 8
    assert plan(recipe, 5000).updates > 0
    assert gradient_accumulation_steps(recipe, processes) > 0
    assert recipe.output.split("/")[-1] == name.removeprefix("world_")  # no two runs write to one folder
    if isinstance(recipe, RlRecipe):
        assert recipe.save_steps % (recipe.prompts_per_batch // recipe.prompts_per_update) == 0


K1 = {"accuracy": 1.0, "format": 1.0, "cross_reference": 0.5, "consistency": 0.5, "loop": -1.0}
ABLATIONS = [
    ("crpo_k1", {"rewards.accuracy": 1.0}),
    ("crpo_k1_unscaled", {f"rewards.{name}": 4 * weight for name, weight in K1.items()} | {"scale_rewards": "none"}),
    ("crpo_k10_unscaled", {"scale_rewards": "none"}),
    ("crpo_no_tags", {"rewards.format": None}),
    ("crpo_no_cross_reference", {"rewards.cross_reference": None}),
    ("crpo_no_consistency", {"rewards.consistency": None}),
    ("crpo_grounded", {"cross_reference": "grounded"}),
    ("crpo_medical_backbone", {"model": "m42-health/Llama3-Med42-8B", "device_batch": 1, "vllm.gpu_memory": 0.45}),
    (
        "crpo_thinking",
        {"model": "Qwen/Qwen3-4B", "device_batch": 1, "max_completion_tokens": 8192, "thinks_first": True,
         "trl.chat_template_kwargs.enable_thinking": True},
    ),
    (
        "crpo_released",
        {"data.prompt": "think", "rewards.released": 1.0, "trl.vllm_importance_sampling_correction": False}
        | dict.fromkeys(f"rewards.{name}" for name in K1),
    ),
]  # fmt: skip
GRPO = {
    "data.prompt": "think",
    "rewards.format": None,
    "rewards.cross_reference": None,
    "rewards.consistency": None,
    "rewards.think_format": 1.0,
}


@pytest.mark.parametrize(("name", "changed"), ABLATIONS)
def test_an_ablation_changes_what_its_name_says_and_nothing_else(name: str, changed: dict[str, Any]) -> None:
    assert differences(name, "crpo") == changed


def test_every_variant_of_crpo_is_in_the_table() -> None:
    variants = {name for name in bundled() if name.startswith("crpo_")}
    assert variants == {name for name, _ in ABLATIONS} | {"crpo_single_gpu_lora"}


def test_the_arms_differ_in_reward_layout_and_cold_start_alone() -> None:
    assert differences("grpo", "crpo") == GRPO
    assert differences("cold_start_grpo", "cold_start_crpo") == GRPO | {"model": "runs/cold_start_think/final"}
    start = {"model", "prompts_per_batch", "temperature", "save_steps", "held_out.every"}
    assert set(differences("cold_start_crpo", "crpo")) == start
    assert set(differences("cold_start_think", "cold_start")) == {"traces"}
    assert differences("world_grpo", "world_crpo") == {"rewards.cross_reference": None, "rewards.consistency": None}


def test_settings_are_those_of_the_paper() -> None:
    recipe, start = load("cold_start_crpo"), load("cold_start")
    assert isinstance(recipe, RlRecipe)
    paid = {"accuracy": 10, "format": 1, "cross_reference": 0.5, "consistency": 0.5}
    assert recipe.rewards == paid | {"loop": -1}  # loops are ours
    assert recipe.cross_reference == "specific"
    assert (recipe.rollouts, recipe.prompts_per_batch, recipe.prompts_per_update) == (5, 512, 16)
    assert (recipe.learning_rate, recipe.beta, recipe.epochs, recipe.temperature) == (1e-6, 0.001, 20, 0.6)
    assert (recipe.data.limit, recipe.data.max_prompt_tokens, recipe.max_completion_tokens) == (5000, 1024, 4096)
    assert (recipe.loss_type, recipe.trl) == ("dapo", {"weight_decay": 0.01, "entropy_coef": 0.001})
    assert recipe.held_out is not None
    assert (recipe.held_out.split, recipe.held_out.keep_best) == ("validation", "accuracy")
    assert isinstance(start, SftRecipe)
    assert start.lora == Lora(rank=32, alpha=16)
    assert (start.learning_rate, start.schedule, start.adam_beta2, start.trl) == (
        1e-4,
        "cosine",
        0.95,
        {"weight_decay": 0.01},
    )
    assert (start.batch, start.held_out, start.epochs) == (256, 0.1, 20)
    run = plan(start, 5000)
    assert run.updates_per_epoch == start.save_steps
    assert start.warmup_steps == run.updates / 10
    assert recipe.model == f"{start.output}/final"


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("rewards.accuracy=5", "rewards.accuracy", 5.0),
        ("learning_rate=1e-5", "learning_rate", 1e-5),  # YAML 1.1 reads this as text
        ("learning_rate=3E-4", "learning_rate", 3e-4),
        ("lora.rank=16", "lora.rank", 16),  # there was no lora
        ("adaptive_kl.target=0.05", "adaptive_kl.target", 0.05),
        ("data.limit=100", "data.limit", 100),
        ("data.limit=null", "data.limit", None),
        ("data.limit=", "data.limit", None),  # an empty value is null in YAML
        ("rewards.consistency=null", "rewards.consistency", None),  # leave one out
        ("rewards.json.tool:main=0.2", "rewards.json.tool:main", 0.2),  # a module with a dot in it
        ("scale_rewards=none", "scale_rewards", "none"),  # a word, not null
        ("report_to=[wandb]", "report_to", ["wandb"]),
        ("model=other/model=1", "model", "other/model=1"),
        ("vllm=null", "vllm", None),
    ],
)
def test_any_key_can_be_overridden(override: str, key: str, value: object) -> None:
    assert flat(load("crpo", [override])).get(key) == value


def test_later_overrides_win_and_lie_over_earlier_ones() -> None:
    recipe = load("crpo", ["lora.rank=8", "lora.alpha=4", "lora.rank=16"])
    assert recipe.lora == Lora(rank=16, alpha=4)
    assert load("crpo", ["lora.rank=8", "lora=null"]).lora is None


WRONG = [
    (RL + "roluts: 3", [], ["test.yaml: roluts: unknown key; allowed: rollouts (the nearest of "], "a typing error"),
    (RL + "data: {promt: crpo}", [], ["data.promt: unknown key; allowed: benchmark,", "(nearest: prompt)"], "deeper"),
    (RL + "data: {benchmark: medqb}", [], ["data.benchmark: must be 'medqa', 'medmcqa' or 'medxpertqa', not 'medqb'"], "no benchmark"),
    (RL + "data: {prompt: crop}", [], ["data.prompt: must be 'crpo', 'think', 'neutral', 'cot', 'direct' or 'bare'"], "no prompt"),
    (RL, ["lora.rnk=3"], ["lora.rnk (command line): unknown key; allowed: rank, alpha", "(nearest: rank)"], "in an override"),
    (RL + "zzz: 1", [], ["zzz: unknown key; allowed: about, model"], "like no key"),
    (RL + "traces: t.jsonl", [], ["traces: unknown key"], "a key of the other method"),
    (RL + "rollouts: 1\nseed: x", [], ["seed: must be a valid integer, not 'x'; rollouts: must be", "not 1"], "all wrong keys at once"),
    (RL + "rollouts: 5.0", [], ["rollouts: must be a valid integer, not 5.0"], "a count with a point"),
    (RL, ["learning_rate=true"], ["learning_rate (command line): must be a valid number, not True"], "true is not 1"),
    (RL, ["temperature=.inf"], ["temperature (command line): must be a finite number"], "YAML has infinity"),
    (RL, ["rewards.format=.nan"], ["rewards.format (command line): must be a finite number"], "and no number"),
    (RL, ["rollouts=null"], ["rollouts (command line): must be a valid integer, not null"], "null where no key is to take out"),
    (RL, ["rewards.formt=null"], ["rewards.formt (command line)"], "leaving out what is not there"),
    (RL, ["model=null"], ["model (command line): is missing"], "a key that has no default"),
    (RL, ["scale_rewards=all"], ["'group', 'batch' or 'none', not 'all'"], "allowed words"),
    (RL, ["rewards.acuracy=1"], ["rewards.acuracy: unknown reward; allowed: accuracy,", "(nearest: accuracy)"], "unknown reward"),
    (RL, ["rewards.no_module:f=1"], ["rewards.no_module:f: cannot be imported"], "reward in no module"),
    (RL, ["cross_reference=lexicl"], ["cross_reference: lexicl is unknown; allowed: presence, lexical"], "unknown detector"),
    (RL, ["rewards.accuracy=null", "rewards.format=null"], ["rewards: at least one is needed"], "nothing to reward"),
    (RL, ["prompts_per_update=3"], ["prompts_per_update=3: must divide prompts_per_batch=8; allowed: 1, 2, 4, 8"], "updates of unequal size"),
    (RL, ["beta=0", "kl_guard.limit=1", "adaptive_kl.target=1"], ["adaptive_kl: needs beta above 0", "kl_guard: at beta 0 no KL is measured; watch_kl=true measures it"], "no KL to watch"),
    (RL, ["adaptive_kl={target: 1, low: 0.1}"], ["low=0.1 <= beta=0.001 <= high=1 must hold"], "beta outside its bounds"),
    (RL, ["seed.x=1"], ["seed: must be a valid integer"], "a key below a number"),
    (RL, ["lora"], ["override lora: must be key=value"], "no value"),
    (RL, ["=3"], ["override =3: must be key=value"], "no key"),
    (RL, ["lora..rank=3"], ["must be key=value"], "a key without a name"),
    (RL, ["model=@x"], ["override model=@x:1: not YAML"], "a sign that YAML reserves"),
    (RL, ["seed=1\nrollouts: 3"], ["override seed=1 rollouts: 3:2: not YAML"], "an override of two lines"),
    (RL, ["extends=grpo"], ["override extends=grpo: only a file can extend"], "extends on the command line"),
    (RL + "extnds: crpo", [], ["extnds: unknown key; allowed: extends (the nearest of "], "a typing error in extends"),
    (RL, ["prompts_per_batch=1000000007"], ["allowed: 1, 1000000007"], "a large prime: the divisors are found at once"),
    (RL + "seed: !!python/name:os.system", [], ["tags such as tag:yaml.org,2002:python"], "no code in a recipe"),
    (RL + "seed: 1\nseed: 2", [], ["test.yaml:12: seed: stands twice"], "twice"),
    (RL + "lora: {rank: 1, rank: 2}", [], ["rank: stands twice"], "twice, deeper"),
    (f"{RL}seed: !!int ''", [], [":11: tags such as tag:yaml.org,2002:int"], "on which PyYAML fails with an IndexError"),
    (f"{RL}about: !mine x", [], ["tags such as !mine are not allowed"], "nobody knows what it makes"),
    (RL.replace("10", "&k 10") + "seed: *k", [], ["aliases are not allowed"], "aliases can make a mapping contain itself"),
    (RL.replace("method: rl", "method: rll"), [], ["method: rll is unknown; allowed: sft, rl (nearest: rl)"], "unknown method"),
    (RL.replace("method: rl", ""), [], ["method: is missing; allowed: sft, rl"], "no method"),
    (RL.replace("method: rl", "method: [rl]"), [], ["method: ['rl'] is unknown"], "a list as method"),
    ("", [], ["test.yaml: the file is empty"], "an empty file"),
    ("# nothing\n", [], ["the file is empty"], "comments alone"),
    ("- a\n- b\n", [], ["top level must be a mapping"], "a list"),
    ("crpo", [], ["top level must be a mapping"], "one word"),
    ("1: 2", [], ["top level must be a mapping"], "a number as key"),
    ("a: [", [], ["test.yaml:1: not YAML"], "not closed"),
    ("a: \x01", [], ["not YAML"], "a control character"),
    (RL + "extends: 3", [], ["extends: must be the name"], "extends no name"),
    (RL + "extends: grpo", [], ["extends: grpo itself extends crpo; one level"], "two levels"),
    (RL + "extends: crop", [], ["crop: no such recipe; allowed: crpo (the nearest of "], "extends what is not there"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "overrides", "words"), [row[:3] for row in WRONG], ids=[row[3] for row in WRONG])
def test_what_is_wrong_in_a_recipe_is_one_line(
    text: str, overrides: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "test.yaml"
    path.write_text(text, encoding="utf-8")
    assert main(["train", str(path), *overrides, "--dry-run"]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert [word for word in words if word not in message] == [], message


def test_the_table_of_errors_starts_from_a_recipe_that_is_right(tmp_path: Path) -> None:
    (tmp_path / "test.yaml").write_text(RL)
    recipe = load(tmp_path / "test.yaml")
    assert isinstance(recipe, RlRecipe)
    assert recipe.learning_rate == 1e-6


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ("crpoo", "allowed: crpo .the nearest of "),  # a bundled name, nearly
        ("missing.yaml", "No such file"),  # a path
        ("no/folder/crpo", "No such file"),  # a path without a suffix
        ("folder.yaml", "cannot be read"),  # a folder
        ("latin.yaml", "not UTF-8"),
    ],
)
def test_a_recipe_that_cannot_be_read(recipe: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "latin.yaml").write_bytes("about: Übung".encode("latin-1"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=words) as error:
        load(recipe)
    assert recipe in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_can_extend_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(RL)
    (tmp_path / "child.yaml").write_text("extends: base.yaml\nrewards: {format: null, loop: -1}\nseed: 3\n")
    recipe = load(tmp_path / "child.yaml")
    assert isinstance(recipe, RlRecipe)
    assert (recipe.rewards, recipe.seed, recipe.prompts_per_batch) == ({"accuracy": 10, "loop": -1}, 3, 8)
    (tmp_path / "base.yaml").write_text(RL + "sed: 3")
    with pytest.raises(UserError, match=r"base\.yaml: sed: unknown key"):  # the file with the fault is named
        load(tmp_path / "child.yaml")


text = st.text(min_size=1, max_size=20) | st.sampled_from(
    ["1e-5", "null", "yes", "0x1f", "=", "2024-01-01", "- a", "a: b", "a\x85", "\u2028a"]
)
positive = st.floats(min_value=1e-12, max_value=1e6)
count = st.integers(1, 10**9)
shared = {
    "about": text,
    "model": text,
    "output": text,
    "seed": st.integers(0, 2**32 - 1),
    "epochs": positive,
    "max_steps": st.none() | count,
    "learning_rate": positive,
    "device_batch": count,
    "lora": st.none() | st.builds(Lora, rank=count, alpha=count),
    "report_to": st.lists(st.sampled_from(["wandb", "trackio"]), max_size=2),
}
rl_recipes = st.builds(
    RlRecipe,
    **shared,
    method=st.just("rl"),
    data=st.builds(Data, dataset=st.none() | text, split=text, limit=st.none() | count),
    rewards=st.dictionaries(st.sampled_from(sorted(REWARDS.keys() - {TWINS_TERM})), st.floats(-1e9, 1e9), min_size=1),
    prompts_per_batch=st.just(64),
    prompts_per_update=st.sampled_from([1, 2, 16, 64]),
    beta=st.floats(1e-3, 1),
    adaptive_kl=st.none() | st.builds(AdaptiveKl, target=positive),
    kl_guard=st.none() | st.builds(KlGuard, limit=positive, patience=count),
    vllm=st.none() | st.builds(Vllm, host=text, gpu_memory=st.floats(0.01, 0.99)),
)
sft_recipes = st.builds(SftRecipe, **shared, method=st.just("sft"), traces=text, held_out=st.floats(0.01, 0.99))


@given(st.text() | st.text(alphabet=" \n\t#:-'\"[]{}&*!|>%@`,?~=.0e\x85\u2028é"))
@example("yes")
@example("1e-5")
@example("...")
def test_any_text_can_be_written_as_a_value(text: str) -> None:
    assert load("crpo", [f"output={dump_text(text)}"]).output == text


@given(rl_recipes | sft_recipes)
def test_a_resolved_recipe_loads_to_an_equal_one(tmp_path_factory: pytest.TempPathFactory, recipe: Recipe) -> None:
    path = tmp_path_factory.getbasetemp() / "resolved.yaml"
    path.write_text(resolved(recipe), encoding="utf-8", newline="")
    assert load(path) == recipe


# --- the command -----------------------------------------------------------------------------------------------------


def without_training_libraries(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command in a process where the libraries of the extra `train` are not installed, nor anything is downloaded."""
    code = (
        "import sys, socket\n"
        "for name in ('torch', 'transformers', 'trl', 'peft', 'accelerate', 'sentence_transformers'): sys.modules[name] = None\n"
        "def refuse(*_, **__): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        "from clinical_r1.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "train", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def shown_dry_runs() -> list[str]:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    lines = [
        re.findall(r"^    clinical-r1 train (.*--dry-run.*)$", page.read_text(encoding="utf-8"), re.M) for page in pages
    ]
    return sorted({line for found in lines for line in found})


@pytest.mark.parametrize("line", shown_dry_runs())
def test_a_dry_run_shown_in_the_docs_runs(line: str) -> None:
    done = without_training_libraries(*shlex.split(line.split("  #")[0]))
    assert done.returncode == 0, done.stderr
    assert re.search(r"^(questions|traces) ", done.stdout, re.MULTILINE)


def test_the_docs_show_dry_runs_and_name_every_recipe() -> None:
    assert len(shown_dry_runs()) >= 3
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    assert [name for name in bundled() if f"`{name}`" not in page] == []


def test_a_dry_run_prints_the_whole_recipe_and_what_it_comes_to(tmp_path: Path) -> None:
    done = without_training_libraries("crpo", "--dry-run", "rewards.accuracy=5", "--processes", "8")
    assert done.returncode == 0, done.stderr
    tables, _, text = done.stdout.partition("\n# the recipe\n")
    (tmp_path / "again.yaml").write_text(text)
    assert load(tmp_path / "again.yaml") == load("crpo", ["rewards.accuracy=5"])
    rows = {" ".join(line.split()[:-1]): line.split()[-1] for line in tables.splitlines() if line}
    lines = [" ".join(line.split()) for line in tables.splitlines()]
    assert "updates 5,120 at most; 256 per epoch" in lines
    assert "rollouts 409,600" in lines
    assert "device batches per update 5 8 processes x 2 sequences at once" in lines
    assert float(rows["a GPU needs at least 86.5 43.4"]) < 48  # fits the paper's GPUs only when all of it is shared


def test_a_dry_run_counts_a_local_file(capsys: pytest.CaptureFixture[str]) -> None:
    few = ["data.dataset=vignettes", "data.half=both", "data.limit=20", "prompts_per_batch=16", "epochs=1"]
    assert main(["train", "crpo", *few, "--dry-run"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert any(line.startswith("questions 20 counted in vignettes") for line in lines)
    assert "updates 1 at most; 1 per epoch" in lines


def test_a_dry_run_needs_no_extra_of_a_detector() -> None:
    done = without_training_libraries("crpo", "--dry-run", "cross_reference=semantic")
    assert done.returncode == 0, done.stderr
    assert "cross_reference: semantic\n" in done.stdout


def test_what_cannot_be_counted_is_said_to_be_unknown(tmp_path: Path) -> None:
    done = without_training_libraries("world_cold_start", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"traces +unknown   world/traces.jsonl is not there yet", done.stdout)
    assert "memory: unknown" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["crpo"], ["torch, transformers, trl, peft, accelerate", "clinical-r1[train]"]),
        (
            ["crpo", "--dry-run", "--processes", "3"],
            ["device_batch=2 on 3 processes", "allowed numbers of processes: 1, 2"],
        ),
        (["crpo", "--dry-run", "--processes", "0"], ["processes=0"]),
        (["crpo", "--processes", "2"], ["--processes", "only with --dry-run"]),
        (["cold_start", "--export-verl", "out"], ["method: sft", "allowed: rl"]),
        (
            ["crpo", "--dry-run", "data.dataset=vignettes", "data.half=both"],
            ["prompts_per_batch=1024", "allowed: 1 to 24"],
        ),
        (["crpo", "--dry-run", "data.dataset=tests/train/test_recipes.py"], ["unknown file type"]),
    ],
)
def test_what_the_user_can_mend_is_one_line(arguments: list[str], words: list[str]) -> None:
    done = without_training_libraries(*arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert [word for word in words if word not in done.stderr] == [], done.stderr
    assert not (ROOT / "out").exists()


@pytest.mark.parametrize("arguments", [[], ["crpo", "seed"], ["crpo", "--dry"], ["crpo", "--dry-run", "--resume", "x"]])
def test_a_wrong_command_line_shows_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    if arguments == ["crpo", "seed"]:
        assert main(["train", *arguments]) == 2  # an override without a value
        return
    with pytest.raises(SystemExit) as exit_:
        main(["train", *arguments, "--bad"])
    assert exit_.value.code == 2
    assert "usage: clinical-r1" in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, clinical_r1.cli as c\ntry: c.main(['train', '--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "clinical_r1.commands.train" in loaded
    assert not {"torch", "pydantic", "yaml", "pandas", "numpy", "datasets", "inspect_ai"} & loaded
