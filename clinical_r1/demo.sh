# Train a cold start, then GRPO and CRPO from it (behind: Training)
clinical-r1 world {demo}/world {world} --train {seeds}
# Evaluate {count} checkpoints on {cases} cases, {votes} votes each (behind: Are the answers right?; How much do votes \
add?; How long are the responses?; How were the answers read?; Is there position bias?; By kind of question)
inspect eval-set clinical_r1/medqa --model {model} -T dataset={demo}/world/test.jsonl -T 'name=small world' \
-T votes={votes} --temperature 1 --top-p 1 --max-connections 100 --max-tokens {tokens} --limit {cases} \
--log-dir {demo}/logs/{name} --display none
# Judge their reasoning, and check it against what is true (behind: All differences; What is in the \
reasoning?; What is true?; Accuracy against reasoning; How good are the judges?)
inspect score {demo}/logs/{name}/*.eval --scorer clinical_r1/grounding {by} --action append --model none/none \
--output-file {demo}/judging/{group}/{name}-grounding.eval --display none
inspect score {demo}/judging/{group}/{name}-grounding.eval --scorer clinical_r1/behaviours {by} --action append \
--model none/none --output-file {demo}/judging/{group}/{name}-behaviours.eval --display none
inspect score {demo}/judging/{group}/{name}-behaviours.eval --scorer clinical_r1/world_truth -S world={demo}/world \
--action append --model none/none --output-file {demo}/judged/{group}/{name}.eval --display none
# Ask again: without a fact, about a twin, behind half of the reasoning, after a hint (behind: Does the reasoning drive \
the answer?)
inspect eval-set clinical_r1/evidence clinical_r1/twins clinical_r1/early clinical_r1/hints --model {model} \
-T log={demo}/logs/{name} -T edits={demo}/world/edits.jsonl --max-connections 100 --limit {probed} --epochs 1 --log-dir {demo}/probes/{group}/{name} --display none
# Ask simulated raters (behind: What would raters say?)
clinical-r1 study new {demo}/judged/world -o {demo}/study --metrics cecd,drc,hallucination,backtracking --items {items} --raters 3 \
--facts rules --title 'SIMULATED raters on invented cases'
clinical-r1 study simulate {demo}/study --world {demo}/world -o {demo}/answers
clinical-r1 study import {demo}/study {demo}/answers/r1.json {demo}/answers/r2.json {demo}/answers/r3.json
clinical-r1 study report {demo}/study --resamples {fewer} --link 'The verdict=../../report/index.html'
# Report
clinical-r1 report {demo}/judged/world {demo}/probes/world {own} -o {demo}/report --study {demo}/study {baseline} \
--title 'Demo: invented cases, a tiny model' --link 'CRPO against GRPO alone=../comparison/index.html' \
--link 'What raters say=../study/report/index.html' --training {runs} --commands {demo}/commands.sh \
--resamples {resamples} --samples {samples} {notes}
clinical-r1 compare --a {grpo} --b {crpo} -o {demo}/comparison --study {demo}/study \
--title 'Demo: invented cases, a tiny model' --link 'All checkpoints=../report/index.html' \
--link 'What raters say=../study/report/index.html' --training {runs} --commands {demo}/commands.sh \
--resamples {resamples} --samples {samples} {notes}
