"""Judging reasoning: instances that code has verified in the response, counted.

`scorer` picks the responses to judge (`subset`) and the facts of each case (`facts`), and has `judge` judge one: by
rules (`rules`), or by `ask`, which sends a rubric (`rubric`) to one model or several and reads the reply (`replies`).
`evidence` looks for every quote in the response (`spans`) and makes instances (`instances`) of what it finds;
`counting` turns these into numbers. `bench` measures judges against planted truth.
"""
