"""Writing of a study's folder: key, protocol, items and material for raters, all or nothing, over nobody's work."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from clinical_r1.errors import UserError
from clinical_r1.study.folder import ANSWERS, ITEMS, KEY, PROTOCOL, dump, read_file
from clinical_r1.study.form import form_html
from clinical_r1.study.labelstudio import config_xml, tasks_json
from clinical_r1.study.material import Material
from clinical_r1.study.protocol import KeyFile
from clinical_r1.study.sheets import sheet_csv, sheet_xlsx

README = "README.md"


def write_study(material: Material, folder: Path) -> Path:
    """Write a study.

    It is written beside the folder and put in its place once it is whole.

    Args:
        material: The study.
        folder: Where to. An older study there is replaced, unless it has answers, or a file in it was changed or added.

    Returns:
        The folder.

    Raises:
        UserError: If the folder holds anything else, or cannot be written.
    """
    folder = folder.expanduser().absolute()
    _check_free(folder)
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        hashes = {}
        for name, content in _files(material, folder):
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            hashes[name] = _hash(content)
        key = material.key.model_copy(update={"files": hashes})
        (partial / KEY).write_bytes(dump(key).encode())
        old = folder.with_name(f".{folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        partial.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror or error})") from error
    return folder


def _files(material: Material, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Path in the folder and content of every file but the key."""
    protocol, items = material.protocol, material.items
    about = protocol.model_dump() | {"raters": len(protocol.raters), "metrics": ", ".join(protocol.metrics)}
    readme = Path(__file__).with_name("packet.md").read_text(encoding="utf-8")
    yield README, readme.format(**about, folder=folder.name).encode()
    yield PROTOCOL, dump(protocol).encode()
    yield ITEMS, dump(items).encode()
    yield "labelstudio/config.xml", config_xml(items).encode()
    for rater, order in protocol.orders.items():
        mine = material.of(rater)
        form = form_html(mine, rater, order, protocol.title, protocol.metrics, notes=protocol.notes)
        yield f"forms/rater-{rater}.html", form.encode()
        yield f"labelstudio/tasks-{rater}.json", tasks_json(mine, rater).encode()
        yield f"sheets/rater-{rater}.csv", sheet_csv(mine, rater)
        yield f"sheets/rater-{rater}.xlsx", sheet_xlsx(mine, rater)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _check_free(folder: Path) -> None:
    """Refuse a folder in which anything would be lost."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"{folder}: a file; name a folder that is not there yet")
    if answers := sorted(path.stem for path in (folder / ANSWERS).glob("*.json")):
        raise UserError(f"{folder}: a study with answers of {', '.join(answers)}; name another folder")
    there = sorted(path for path in folder.rglob("*") if not path.is_dir())
    if there and not (folder / KEY).is_file():
        raise UserError(f"{folder}: holds other files ({there[0].name}); name a folder that is not there yet")
    known = read_file(folder / KEY, KeyFile).files if there else {}
    for path in there:
        name = path.relative_to(folder).as_posix()
        if name != KEY and known.get(name) != _hash(path.read_bytes()):
            raise UserError(f"{path}: was changed or added since the study was made; move it, or name another folder")
