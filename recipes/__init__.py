"""Recipes: one checked-in YAML file per training run, for `clinical-r1 train`."""

from importlib.resources import files


def bundled() -> list[str]:
    """Names of the recipes that come with the package, sorted."""
    return sorted(path.name.removesuffix(".yaml") for path in files(__name__).iterdir() if path.name.endswith(".yaml"))
