"""Evaluate, judge, train and compare clinical-reasoning language models."""

import sys

__version__ = "0.1.0"

if sys.version_info < (3, 11, 5):
    # Their `re` loses matches of possessive groups (gh-106052), so that answers and quotes would be misread.
    raise ImportError(
        f"clinical_r1 needs Python 3.11.5 or newer, this is {sys.version.split()[0]}: its `re` misreads answers"
    )
