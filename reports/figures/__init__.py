"""Figures, one a module: `figure(frame, *, looks=None)` and `caption(frame)`."""
