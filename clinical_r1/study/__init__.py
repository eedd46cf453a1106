"""Studies of human raters against judges: plan, draw, write the material, read it back, analyse it.

- `plan`: how many items and raters a study needs
- `draw`: which questions can be drawn, which are, with what probability; who labels what, and when
- `content`, `material`, `packet`: a response as raters see it; a study in memory and on disk
- `form`, `labelstudio`, `sheets`: what raters get, and what comes back
- `protocol`, `folder`, `answers`: the files of a study, reading them, and taking answers in
- `ratings`, `loading`: numbers and places from answers; a study and its logs together
- `opinions`, `adjudication`: what raters say beside marks; a form over the items on which they differ
- `agreements`, `judge_against_raters`, `corrected`, `verdict`, `analysis`: what the
  answers say of raters, judges and checkpoints
- `simulated`: simulated raters
"""
