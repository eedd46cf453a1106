#!/usr/bin/env bash
# {about}
# One machine: ./run.sh. Several: start Ray on all of them, then NODES=4 GPUS=8 ./run.sh on the head.
# The folder must be at the same path on every machine. Further verl settings can follow on the command line.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
exec python3 -m verl.trainer.main_ppo \
    data.train_files="$here/train.parquet" \
    data.val_files="$here/train.parquet" \
    reward.custom_reward_function.path="$here/reward.py" \
    reward.custom_reward_function.name=compute_score \
    trainer.nnodes="${NODES:-1}" \
    trainer.n_gpus_per_node="${GPUS:-8}" \
    {settings} \
    "$@"
