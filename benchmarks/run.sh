#!/usr/bin/env bash
# Measures the product beside the floor, stock Flask-AppBuilder and Flask-Admin, in one run on the same 100,000 demands.
# Needs Debian's PostgreSQL (apt-get install postgresql) and the harness (HARNESS=folder); writes below build/.
set -euo pipefail
cd "$(dirname "$0")/.."
ROOT=$PWD
HARNESS=${HARNESS:-../shared/perf}
WORK=${WORK:-$ROOT/build/perf}
N=${N:-100k}
SCENARIOS=${SCENARIOS:-page,page_deep,sort,search,search2,form_get,submit}
PATH=$(ls -d /usr/lib/postgresql/*/bin | tail -1):$PATH
export PERF_PGDATA=${PERF_PGDATA:-/tmp/xqt-bench-pg/data} PERF_PGPORT=${PERF_PGPORT:-55432}
mkdir -p "$WORK"
cp -r "$HARNESS"/. "$WORK"/
chmod -R u+w "$WORK"
mkdir -p "$WORK/logs"
[ -x "$WORK/v/bin/python" ] || { python3 -m venv "$WORK/v"; "$WORK/v/bin/pip" install -q -r benchmarks/requirements.txt; }
cd "$WORK"
[ -d "$PERF_PGDATA" ] || ./pg.sh init
./pg.sh status >/dev/null || ./pg.sh start
if [ ! -e "loaded-$N" ]; then
  v/bin/python load_peers.py "$N"
  touch "loaded-$N"
fi
cd "$ROOT"
DATABASE_URL="postgresql://perf@127.0.0.1:$PERF_PGPORT/peer_$N" DATA_DIR="$WORK/product" HARNESS_DIR="$WORK" \
  "${PRODUCT_PYTHON:-.venv/bin/python}" -m benchmarks.fill "$N"
cd "$WORK"
PRODUCT="$ROOT" PRODUCT_PYTHON="${PRODUCT_PYTHON:-$ROOT/.venv/bin/python}" v/bin/python rod.py --targets "${TARGETS:-floor,fab,flaskadmin,xiaoqitong}" \
  --adapter "$ROOT/benchmarks/adapter.py" --db pg --n "$N" --scen "$SCENARIOS" --cold "${COLD:-1}" --wrk 0 --out xiaoqitong_"$N"
"${PRODUCT_PYTHON:-$ROOT/.venv/bin/python}" "$ROOT/benchmarks/ratios.py" "out/xiaoqitong_$N.json"
