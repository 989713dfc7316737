#!/bin/sh
# Tells the Prefect server at PREFECT_API_URL the work pool, the deployments of deployments/prefect.yaml and what it has to watch over
# (deployments/automations.yaml). May be run again whenever they have changed: what is there is brought up to date.
# WORK_POOL_TYPE: `process` when nothing is said; BASE_JOB_TEMPLATE: the pool's template, a file; NOTIFY: the notification block of
# who is on call, as in slack-webhook/on-call.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

prefect work-pool inspect finews >/dev/null 2>&1 ||
  prefect work-pool create finews --type "${WORK_POOL_TYPE:-process}"
if [ -n "${BASE_JOB_TEMPLATE:-}" ]; then
  prefect work-pool update finews --base-job-template "$BASE_JOB_TEMPLATE"
fi
prefect --no-prompt deploy --all --prefect-file deployments/prefect.yaml
finews automations ${NOTIFY:+--notify "$NOTIFY"}
