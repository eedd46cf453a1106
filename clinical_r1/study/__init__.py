"""Studies of human raters against judges: plan, draw, write the material, read it back, analyse it.

- `plan`: how many items and raters a study needs
- `frame`, `draw`, `orders`: which questions can be drawn, which are, with what probability; who labels what, and when
- `content`, `inventories`, `units`: a response as raters see it, the facts of its case, and where it comes from
- `material`, `packet`: a study in memory and on disk; `form`, `labelstudio`, `sheets`: what raters get
- `protocol`, `folder`: the files of a study, and reading them
- `reading`, `checking`, `importing`: answers in any of the three forms; `values`: numbers and places from them
- `loading`, `analysis`, `verdict` and what they stand on: what the answers say of raters, judges and checkpoints
"""
