"""Figures, one per module: `figure(frame, *, palette=None)` draws a table, `caption(frame)` says what is drawn.

Frames are those of `clinical_r1.analysis` and `clinical_r1.study.analysis`, or parts of them; docstrings name the
columns that are used. `palette` maps each label (checkpoint, judge) of the page to its appearance; labels that it lacks
get one. `figure` raises ValueError if there is no number to draw; captions say n and what the intervals are.
"""
