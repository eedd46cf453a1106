#!/usr/bin/env bash
# {about}
# One machine: ./run.sh. Several: start Ray on all of them, then NODES=4 GPUS=5 ./run.sh on the head. verl>=0.8
# The folder must be at the same path on every machine. Further verl settings can follow on the command line.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
nodes="${NODES:-1}" gpus="${GPUS:-8}"
if (( {sequences} % (nodes * gpus) )); then
    echo "NODES=$nodes GPUS=$gpus: $((nodes * gpus)) GPUs do not divide the {sequences} sequences of an update;" \
        "allowed numbers of GPUs: {divisors}" >&2
    exit 2
fi
mkdir -p {output}
cp "$here/recipe.yaml" {output}/  # beside the merged model: reports know by it how that was trained
exec python3 -m verl.trainer.main_ppo \
    data.train_files="$here/train.parquet" \
    data.val_files="$here/{validation}" \
    reward.custom_reward_function.path="$here/reward.py" \
    reward.custom_reward_function.name=compute_score \
    trainer.nnodes="$nodes" \
    trainer.n_gpus_per_node="$gpus" \
    {settings} \
    "$@"
