"""What the server of `warm` holds ready for every command: imports, and Inspect's list of models, read from YAML.

No module of our own: what they note when they are imported, such as the folder, is to be the command's.
"""

import gc
import sys
from importlib import import_module
from pathlib import Path

READY = (
    "fastapi",
    "inspect_ai._cli.main",
    "inspect_ai._control.server",
    "inspect_ai.agent._acp.server",
    "inspect_ai.model._openai_responses",
    "pandas",
    "pydantic.v1",
    "rapidfuzz.process",
    "rich.markdown",
    "uvicorn.main",
)

if __name__ == "warmed":  # in the server, and not where pytest looks for doctests
    for name in READY:
        import_module(name)
    import_module("inspect_ai.model").get_model_info(
        "openai/gpt-4o"
    )  # one in the list, else plugins such as ours are loaded
    assert "clinical_r1" not in sys.modules
    sys.path.remove(str(Path(__file__).parent))  # a command finds what it would find without us
    gc.collect()
    gc.freeze()  # else every command looks through all this for what it can collect
