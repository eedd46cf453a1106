"""YAML as recipes use it: mappings, no key twice, `1e-5` is a number; and what is laid over such a mapping.

PyYAML follows YAML 1.1, where a number in scientific notation needs a point: it reads `1e-5` as text, and takes the
last of two equal keys without a word. Here the one is a number and the other an error. Anchors, aliases and tags are
refused: no recipe needs them, an alias can make a mapping contain itself, and a tag makes a value of another kind.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

import yaml

from clinical_r1.errors import UserError

# --- YAML -------------------------------------------------------------------------------------------------------------
Values = dict[str, Any]

_SCIENTIFIC = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+")
_BREAKS = re.compile("[\\x85\\u2028\\u2029]")

_Loader: Any = type("_Loader", (yaml.SafeLoader,), {})
_Dumper: Any = type("_Dumper", (yaml.SafeDumper,), {})
for _kind in (_Loader, _Dumper):  # the dumper too, so that the text "1e-5" is written in quotes
    _kind.add_implicit_resolver("tag:yaml.org,2002:float", _SCIENTIFIC, list("-+0123456789."))


def _represent_text(dumper: Any, text: str) -> Any:
    # Line breaks of Unicode survive in double quotes alone, where they are escaped.
    style = '"' if _BREAKS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def parse(text: str, source: str) -> object:
    """Read a YAML document.

    Raises:
        UserError: If it is no YAML, or holds a key twice, an alias or a tag.

    Examples:
        >>> parse("{rate: 1e-5, name: crpo}", "example")
        {'rate': 1e-05, 'name': 'crpo'}
    """
    try:
        refused = next(filter(None, map(_refused, yaml.parse(text, Loader=_Loader))), None)
        value: object = None if refused else yaml.load(text, Loader=_Loader)  # a safe loader
        root = None if refused else yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UserError(f"{source}{line}: not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{source}: not YAML: {' '.join(str(error).split())}") from error
    if refused:
        raise UserError(f"{source}:{refused}")
    _refuse_twins(root, source)
    return value


def _refused(event: Any) -> str | None:
    """What is wrong with a part of a document, and in which line."""
    if isinstance(event, yaml.AliasEvent):
        return f"{_line(event)}: aliases are not allowed; write the value again"
    tag = getattr(event, "tag", None)  # on "!!int ''" PyYAML fails
    return f"{_line(event)}: tags such as {tag[:40]} are not allowed; leave it out" if tag else None


def _refuse_twins(root: Any, source: str) -> None:
    """Refuse a key that stands twice in a mapping, at any depth."""
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            nodes += [value for _, value in node.value]
            seen: set[str] = set()
            for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
                if key.value in seen:
                    raise UserError(f"{source}:{_line(key)}: {key.value}: stands twice; each key once is allowed")
                seen.add(key.value)


def _line(mark: Any) -> int:
    return int(mark.start_mark.line) + 1


def parse_mapping(text: str, source: str) -> Values:
    """Read a YAML document whose top level is a mapping of names.

    Raises:
        UserError: If it is anything else.
    """
    mapping = parse(text, source)
    if mapping is None:
        raise UserError(f"{source}: the file is empty; a recipe is a mapping of keys to values")
    if not isinstance(mapping, dict) or not all(isinstance(key, str) for key in mapping):
        raise UserError(f"{source}: the top level must be a mapping of names to values, it is not")
    return mapping


def dump(values: Mapping[str, Any]) -> str:
    """The YAML text of a mapping, in its order; `parse` reads it back as it was."""
    text: str = yaml.dump(dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


def dump_text(text: str) -> str:
    """The YAML of a text, in quotes only where it needs them, as the value of `key=value`; `parse` reads it back.

    Examples:
        >>> dump_text("runs/one"), dump_text("my: runs"), dump_text("yes")
        ('runs/one', "'my: runs'", "'yes'")
    """
    written: str = yaml.dump(text, Dumper=_Dumper, allow_unicode=True, width=math.inf)
    return written.removesuffix("\n").removesuffix("\n...")  # the second ends a document without quotes


def lay_over(base: Mapping[str, Any], top: Mapping[str, Any]) -> Values:
    """Merge two mappings at every depth.

    A value of `top` replaces the one of `base`; null takes the key out of it. Null for a key that `base` does not have
    stays, so that whoever checks the values can refuse it.

    Examples:
        >>> lay_over({"rewards": {"accuracy": 10, "format": 1}, "seed": 0}, {"rewards": {"format": None}, "seed": 1})
        {'rewards': {'accuracy': 10}, 'seed': 1}
    """
    merged = dict(base)
    for key, value in top.items():
        old = merged.get(key)
        if value is None and key in merged:
            del merged[key]
        elif isinstance(value, Mapping) and isinstance(old, Mapping):
            merged[key] = lay_over(old, value)
        else:
            merged[key] = value
    return merged
