"""The commands of `clinical-r1`, a module each.

A module has `add(commands)`, which declares the command's arguments, and the function that runs it. Heavy imports wait
inside that function, so that `--help` answers at once.
"""

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
