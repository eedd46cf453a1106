"""Figures, one a module: `figure(frame, *, palette=None)` and `caption(frame)`."""
