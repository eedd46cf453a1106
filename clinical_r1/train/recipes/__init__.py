"""Recipes: one YAML file a training run, checked before anything is loaded.

A file may say `extends: NAME`: it is then laid over that recipe, and null takes out a key. Whatever is given on the
command line is laid over the file in the same way.
"""

import textwrap
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from clinical_r1.errors import UserError, nearest
from clinical_r1.train.recipes.schema import Recipe, RlRecipe, SftRecipe
from clinical_r1.train.recipes.yaml_text import Values, dump, lay_over, parse, parse_mapping

METHODS: dict[str, type[SftRecipe] | type[RlRecipe]] = {"sft": SftRecipe, "rl": RlRecipe}
"""Value of `method` -> the keys that such a recipe has."""

EXTENDS = "extends"
"""The key of a file that names the recipe it is laid over."""


def bundled() -> list[str]:
    """Names of the recipes that come with the package, sorted."""
    return sorted(path.name.removesuffix(".yaml") for path in _folder().iterdir() if path.name.endswith(".yaml"))


def load(recipe: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read and check a recipe.

    Args:
        recipe: A `.yaml` file, or the name of a bundled recipe (see `bundled`).
        overrides: `key=value`, dotted for what lies deeper (`lora.rank=16`); the value is read as YAML. Null takes the
            key out: `lora=null`, `rewards.consistency=null`.

    Raises:
        UserError: If there is no such recipe, it is no YAML mapping, or keys or values are wrong: one line with all of
            them, the nearest name for an unknown key, and what is allowed.

    Examples:
        >>> load("crpo", ["rewards.accuracy=5", "lora.rank=16"]).rewards["accuracy"]
        5.0
    """
    values, source = _read(str(recipe))
    given = [_override(text) for text in overrides]
    for _, value in given:
        values = lay_over(values, value)
    return _checked(values, source, {path for path, _ in given})


def resolved(recipe: Recipe) -> str:
    """The YAML text of a recipe with every key in it; loading it gives an equal recipe."""
    return dump(recipe.model_dump(mode="json"))


def _folder() -> Traversable:
    return files("clinical_r1.recipes")


def _read(recipe: str) -> tuple[Values, str]:
    """Values of a recipe as its file and what it extends give them, and how messages name the file."""
    file, source = _find(recipe)
    values = _mapping(file, source)
    parent = values.pop(EXTENDS, None)
    if parent is None:
        return values, source
    if not isinstance(parent, str):
        raise UserError(f"{source}: extends: must be the name of a bundled recipe, or a .yaml file beside this one")
    beside = Path(source).parent / parent
    above, above_source = _find(str(beside) if beside.suffix in (".yaml", ".yml") else parent)
    base = _mapping(above, above_source)
    if EXTENDS in base:
        raise UserError(f"{source}: extends: {parent} itself extends {base[EXTENDS]}; one level is allowed")
    _checked(base, above_source, set())
    return lay_over(base, values), source


def _find(recipe: str) -> tuple[Traversable, str]:
    path = Path(recipe).expanduser()
    if path.is_file() or path.suffix in (".yaml", ".yml") or len(path.parts) != 1:
        return path, recipe
    names = bundled()
    if recipe not in names:
        close = nearest(recipe, names)
        raise UserError(f"{recipe}: no such recipe{close}; allowed: a .yaml file, or one of {', '.join(names)}")
    return _folder() / f"{recipe}.yaml", f"clinical_r1/recipes/{recipe}.yaml"


def _mapping(file: Traversable, source: str) -> Values:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{source}: not UTF-8: byte {error.start + 1}") from error
    except OSError as error:
        raise UserError(f"{source}: cannot be read: {error.strerror or error}") from error
    return parse_mapping(text, source)


def _override(text: str) -> tuple[str, Values]:
    """The dotted key of `key=value`, and the value inside mappings, ready to be laid over a recipe."""
    key, equals, written = text.partition("=")
    parts = key.split(".", 1) if key.startswith("rewards.") else key.split(".")  # a reward's module may have dots
    source = f"override {textwrap.shorten(text, 80, placeholder='…')}"
    if key == EXTENDS:
        raise UserError(f"{source}: only a file can extend a recipe")
    if not equals or not all(parts):
        raise UserError(f"{source}: must be key=value, such as learning_rate=1e-5 or lora.rank=16")
    value: Any = parse(written, source)
    for part in reversed(parts):
        value = {part: value}
    return key, value


def _checked(values: Values, source: str, overridden: set[str]) -> Recipe:
    method = values.get("method")
    kind = METHODS.get(method) if isinstance(method, str) else None
    if kind is None:
        said = "is missing" if "method" not in values else f"{method} is unknown{nearest(str(method), METHODS)}"
        raise UserError(f"{source}: method: {said}; allowed: {', '.join(METHODS)}")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        lines = [_line(dict(found), kind, overridden) for found in error.errors(include_url=False)]
        raise UserError(" ".join(f"{source}: {'; '.join(lines)}".split())) from error


def _line(found: dict[str, Any], kind: type[BaseModel], overridden: set[str]) -> str:
    """One wrong key in words: where it stands, what is wrong, what is allowed."""
    path = [str(part) for part in found["loc"]]
    key = ".".join(path)
    if not path:
        return str(found["ctx"]["error"])  # several keys that do not fit together
    where = f"{key} (command line)" if key in overridden else key
    if found["type"] == "extra_forbidden":
        allowed = [*_section(kind, path[:-1]).model_fields, *([] if path[:-1] else [EXTENDS])]
        return f"{where}: unknown key{nearest(path[-1], allowed)}; allowed: {', '.join(allowed)}"
    if found["type"] == "missing":
        return f"{where}: is missing"
    said = "null" if found["input"] is None else repr(found["input"])
    return f"{where}: {found['msg'].replace('Input should be', 'must be')}, not {said if len(said) < 80 else 'this'}"


def _section(kind: type[BaseModel], path: Sequence[str]) -> type[BaseModel]:
    """The keys at a place: `lora` is an annotation such as `Lora | None`."""
    for part in path:
        annotation = kind.model_fields[part].annotation
        sections = [annotation, *getattr(annotation, "__args__", ())]
        kind = next(section for section in sections if isinstance(section, type) and issubclass(section, BaseModel))
    return kind
