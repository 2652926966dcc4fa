"""What other programs take to bring the same rows into Postgres: dlt, Sling and
Meltano's target, in the releases below from PyPI, each in a virtual environment
under .cache/bench; and a sidecar of another make that knows the same variables
and files as ours, whose path PEER_SIDECAR names.
"""

import json
import os
import pathlib
import subprocess
import venv

from warehouse_rows import COLUMNS

CACHE = pathlib.Path(__file__).parent.parent / ".cache/bench"
PACKAGES = {"dlt": "dlt[postgres]==1.31.0", "sling": "sling-linux-amd64==1.4.11",
            "target": "meltanolabs-target-postgres==0.8.1"}

# dlt reads lines of JSON, and sends CSV by COPY.
DLT = """
import json, sys
import dlt

@dlt.resource(name="dlt_orders", write_disposition="replace",
              max_table_nesting=0)
def orders():
    with open(sys.argv[1]) as lines:
        batch = []
        for line in lines:
            batch.append(json.loads(line))
            if len(batch) == 10000:
                yield batch
                batch = []
        if batch:
            yield batch

dlt.pipeline("orders", pipelines_dir=sys.argv[2], dataset_name="public",
             destination=dlt.destinations.postgres(sys.argv[3])).run(
                 orders(), loader_file_format="csv")
"""


def installed(name):
    """Returns the virtual environment of a peer, which is made first if it is
    not there; None if PyPI does not hand it out, which is said."""
    folder = CACHE / PACKAGES[name]
    if not (folder / "whole").exists():
        venv.create(folder, clear=True, with_pip=True)
        done = subprocess.run(
            [folder / "bin/pip", "install", "-q", PACKAGES[name]],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"  {PACKAGES[name]}: skipped, pip says: "
                  f"{done.stderr.strip().splitlines()[-1:]}")
            return None
        (folder / "whole").touch()
    return folder


def url():
    """Returns the URL of the Postgres around us."""
    return ("postgresql://{PGUSER}:{PGPASSWORD}@{PGHOST}:{PGPORT}/{PGDATABASE}"
            .format(**os.environ))


def plain_environment(**more):
    """Returns our environment without libpq's variables, and with more."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith("PG")} | more


def run_dlt(bench, peer, measured):
    """dlt, lines of JSON, CSV by COPY"""
    script = bench.folder / "peer_dlt.py"
    script.write_text(DLT)
    use = measured([peer / "bin/python", script, bench.rows,
                    bench.folder / "dlt", url()],
                   dict(os.environ) | {"RUNTIME__DLTHUB_TELEMETRY": "false"})
    bench.wants_table("dlt_orders")
    return use


def run_sling(bench, peer, measured):
    """Sling, lines of JSON, full refresh"""
    rows = bench.rows.rename(bench.rows.with_suffix(".jsonl"))
    try:
        use = measured(
            [next(peer.glob("lib/*/*/sling_linux_amd64/bin/sling-linux-amd64")),
             "run", "--src-stream", f"file://{rows}",
             "--tgt-conn", "PEER", "--tgt-object", "public.sling_orders",
             "--mode", "full-refresh", "--src-options", '{"flatten": 1}'],
            plain_environment(PEER=url() + "?sslmode=disable",
                              HOME=str(bench.folder),
                              SLING_DISABLE_TELEMETRY="true"))
    finally:
        rows.rename(bench.rows)
    bench.wants_table("sling_orders")
    return use


def run_target(bench, peer, measured):
    """target-postgres of Meltano, use_copy"""
    config, lines = bench.folder / "target.json", bench.folder / "singer"
    config.write_text(json.dumps({
        "host": os.environ["PGHOST"], "port": int(os.environ["PGPORT"]),
        "user": os.environ["PGUSER"], "password": os.environ["PGPASSWORD"],
        "database": os.environ["PGDATABASE"], "use_copy": True,
        "default_target_schema": "public", "add_record_metadata": False,
        "activate_version": False}))
    schema = {"properties": {name: schema for name, (_, schema)
                             in COLUMNS.items()}}
    with open(bench.rows, encoding="utf-8") as rows, \
            open(lines, "w", encoding="utf-8") as out:
        out.write(json.dumps({"type": "SCHEMA", "stream": "target_orders",
                              "schema": schema, "key_properties": []}) + "\n")
        for row in rows:
            out.write('{"type":"RECORD","stream":"target_orders","record":'
                      + row.rstrip("\n") + "}\n")
    try:
        with open(lines, "rb") as given:
            use = measured([peer / "bin/target-postgres", "--config", config],
                           stdin=given)
    finally:
        lines.unlink()
    bench.wants_table("target_orders")
    return use


def run_sidecar(bench, program, to):
    """the sidecar of PEER_SIDECAR, full refresh"""
    use = bench.ours(to, "full_refresh", program, TABLE_NAME_PREFIX="peer_",
                     DEDUPLICATE="false",
                     DATABASE_URL=url() + "?sslmode=disable")
    bench.wants_table("peer_orders")
    return use


def measure_peers(bench, measured, to):
    """Yields the name of each peer at hand, and its Use."""
    for name, run in (("dlt", run_dlt), ("sling", run_sling),
                      ("target", run_target)):
        peer = installed(name)
        if peer:
            yield f"{PACKAGES[name]}: {run.__doc__}", run(bench, peer, measured)
    if os.environ.get("PEER_SIDECAR"):
        yield run_sidecar.__doc__, run_sidecar(
            bench, os.environ["PEER_SIDECAR"], to)
