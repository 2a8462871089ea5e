#!/usr/bin/env bash
# Measures the product beside the floor, stock Flask-AppBuilder and Flask-Admin: one run, one database, the same
# 100,000 demands. Settings and what they mean: benchmarks/README.md. Everything is written below $WORK (build/perf).
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
cd "$ROOT"
HARNESS=${HARNESS:-../shared/perf}
WORK=${WORK:-$ROOT/build/perf}
N=${N:-100k}
TARGETS=${TARGETS:-xiaoqitong,floor,fab,flaskadmin}
SCENARIOS=${SCENARIOS:-page,page_deep,sort,search,search2,search_common,filter,form_get,submit}
OUT=${OUT:-xiaoqitong_$N}
export PERF_PGPORT=${PERF_PGPORT:-55432} PERF_PGDATA=${PERF_PGDATA:-$WORK/pg/data}
export PRODUCT=$ROOT PRODUCT_DATA=$WORK/product
export PRODUCT_PYTHON=${PRODUCT_PYTHON:-$ROOT/.venv/bin/python}
# A schema of its own: the peer's accounts lie in tables of the same names.
export DATABASE_URL="postgresql://perf@127.0.0.1:$PERF_PGPORT/peer_$N?options=-csearch_path%3Dxiaoqitong"

for bin in /usr/lib/postgresql/*/bin; do PATH=$bin:$PATH; done
command -v initdb >/dev/null || { echo "no PostgreSQL here: apt-get install postgresql" >&2; exit 1; }
[ -f "$HARNESS/rod.py" ] || { echo "no harness in $HARNESS: set HARNESS=folder" >&2; exit 1; }
[ -x "$PRODUCT_PYTHON" ] || { echo "no $PRODUCT_PYTHON: run make run or make test once" >&2; exit 1; }

mkdir -p "$WORK/logs" "$WORK/out"
cp -R "$HARNESS"/*.py "$HARNESS"/*.sh "$HARNESS"/peers "$WORK"/
chmod -R u+w "$WORK"/*.py "$WORK"/*.sh "$WORK"/peers
if ! cmp -s benchmarks/requirements.txt "$WORK/v/requirements.txt"; then
  python3 -m venv "$WORK/v"
  "$WORK/v/bin/pip" install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
  cp benchmarks/requirements.txt "$WORK/v/requirements.txt"
fi

cd "$WORK"
[ -e "$PERF_PGDATA/PG_VERSION" ] || bash pg.sh init
bash pg.sh status >/dev/null || bash pg.sh start
[ -n "${KEEP_SERVER:-}" ] || trap 'bash "$WORK/pg.sh" stop >/dev/null' EXIT
[ -e "loaded_$N" ] || { v/bin/python load_peers.py "$N"; touch "loaded_$N"; }

if [[ ,$TARGETS, == *,xiaoqitong,* ]]; then
  psql -q -h 127.0.0.1 -p "$PERF_PGPORT" -U perf "peer_$N" -c 'SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS xiaoqitong'
  (cd "$ROOT" && PYTHONPATH=$WORK DATA_DIR=$PRODUCT_DATA "$PRODUCT_PYTHON" -m benchmarks.fill "$N")
fi
if [ -n "${ROUNDS:-}" ]; then
  PYTHONPATH=$WORK v/bin/python "$ROOT/benchmarks/side_by_side.py" "out/$OUT.json" "$TARGETS" "$N" "$SCENARIOS" "$ROUNDS"
else
  v/bin/python rod.py --targets "$TARGETS" --adapter "$ROOT/benchmarks/adapter.py" --db pg --n "$N" --scen "$SCENARIOS" \
    --cold "${COLD:-1}" --wrk 0 --budget "${BUDGET:-4}" --out "$OUT"
fi
"$PRODUCT_PYTHON" "$ROOT/benchmarks/ratios.py" "$WORK/out/$OUT.json"
