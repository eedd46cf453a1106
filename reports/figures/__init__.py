"""Figures, one per module: `figure(frame, *, palette=None)` and `caption(frame)`."""
