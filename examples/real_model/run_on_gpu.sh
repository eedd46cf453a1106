#!/usr/bin/env bash
# Cold start, GRPO and CRPO from Gemma 3 270M, evaluated, in at most ten minutes of one GPU.
#
#   examples/real_model/run_on_gpu.sh WORK OUT medqa=FILE medmcqa=FILE
#   EXPERIMENT=examples/real_model/rehearsal.yaml AT_ONCE=1 SECONDS_AT_MOST=7200 examples/real_model/run_on_gpu.sh ...   # on a CPU
#
# WORK holds model, questions and runs, 25 GB; what is whole there is not made again. OUT receives what is small: tables,
# records, completions, logs, and memory.csv (seconds, MiB in use on the GPU, MiB of the largest training process).
# The packages that model.py names must be importable, unless WORK/model is there.
set -euo pipefail
here=$(dirname "$0") work=$(realpath -m "$1") out=$(realpath -m "$2") python=${PYTHON:-python}
shift 2
mkdir -p "$work" "$out"

memory() {
  while sleep 2; do
    gpu=$(nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits 2>/dev/null | head -1 || true)
    rss=$(ps -eo rss=,args= | awk -v work="output=$work" 'index($0, work) && $1 > most {most = $1} END {print int(most / 1024)}')
    echo "$SECONDS,$gpu,$rss"
  done
}
memory >"$out/memory.csv" &
trap 'kill $!' EXIT

[ -f "$work/model/tokenizer.json" ] || "$python" "$here/model.py" "$work/model" | tee "$out/model.txt"
[ -f "$work/data/test.jsonl" ] || "$python" "$here/traces.py" "$work/data" "$@" | tee "$out/traces.txt"
# Stopped in time, it still writes its tables of what is done.
timeout --foreground -s INT -k 15 $((${SECONDS_AT_MOST:-560} - SECONDS)) "$python" -m clinical_r1.cli experiment \
  "${EXPERIMENT:-$here/gemma.yaml}" -o "$work" --at-once "${AT_ONCE:-2}" | tee "$out/progress.txt" || echo "not whole" | tee -a "$out/progress.txt"

cd "$work"
cp results.csv summary.csv "$out" || true
tar czf "$out/runs.tar.gz" --exclude 'checkpoint-*' --exclude '*.safetensors' --exclude 'tokenizer*' runs done $(ls -d logs judged 2>/dev/null)
echo "$SECONDS seconds" | tee -a "$out/progress.txt"
