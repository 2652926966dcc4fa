"""What is tried of reads whose rows go straight into a warehouse, since their
body names one in its destinationConfig."""

import base64
import json
import random
import uuid

from api_case import case
from api_task import STREAMS, Read, rows_of, started, wait_for_row
from checks import Failed, expect, expect_in, processes_with, wait_for
from kubernetes_settings import HUSH


def logged(place, read):
    """Returns all messages of a task's log."""
    lines = place.client.get(f"/tasks/{read.id}/logs", limit=1000)["logs"]
    return "\n".join(line["message"] for line in lines)


@case
def read_into_a_warehouse(place):
    with place.warehouse() as warehouse:
        if warehouse is None:
            print("  (no Postgres here: not tried)")
            return
        first = Read(place, rows=100, look_for=warehouse.parts,
                     look_in=place.files_of_a_connector)
        first.body["destinationConfig"] = warehouse.destination()
        task = first.start().wait_until_over("SUCCESS")
        expect("rows", task["metrics"]["committed_rows"], 100 * len(STREAMS))
        expect("states", first.states(), {name: {"cursor": 100}
                                          for name in STREAMS})
        for stream in STREAMS:
            expect(f"rows of {stream}", warehouse.rows(f"{first.sync}_{stream}"),
                   rows_of(stream, 1, 100))
        # The connector has looked for the password itself.
        log = logged(place, first)
        expect_in("what the connector found", "places: 0 hold it", log)
        second = Read(place, sync=first.sync, rows=130)
        second.query["continue"] = "true"
        second.body["destinationConfig"] = warehouse.destination()
        told = second.start().wait_until_over("SUCCESS")
        expect("rows", told["metrics"]["committed_rows"], 30 * len(STREAMS))
        for stream in STREAMS:
            expect(f"rows of {stream}", warehouse.rows(f"{first.sync}_{stream}"),
                   rows_of(stream, 1, 130))
        expect("tables", warehouse.tables(),
               sorted(f"{first.sync}_{stream}" for stream in STREAMS))
        expect("rows at the default destination",
               place.rows(f"{first.sync}_{STREAMS[0]}"), [])
        wrong = Read(place, rows=1)
        wrong.body["destinationConfig"] = warehouse.destination(
            password=f"wrong-{HUSH}")
        failed = wrong.start().wait_until_over("FAILED")
        expect_in("error", "password authentication failed", failed["error"])
        slow = Read(place, rows=100_000, rows_per_second=20)
        slow.body["destinationConfig"] = warehouse.destination()
        slow.start().wait_for_rows(1)
        expect("processes that show the password",
               processes_with(warehouse.password), [])
        expect("cancel", slow.cancel().status, 200)
        slow.wait_until_over("CANCELLED")
        # Rows that were not committed leave nothing behind.
        wait_for("its own table to be gone", lambda: not any(
            "_tmp" in table for table in warehouse.tables()))
        for text in (json.dumps([task, told, failed]), log,
                     logged(place, second), logged(place, wrong)):
            if HUSH in text:
                raise Failed(f"a password is told: {text:.500}")


def bundle_of_certificates(size):
    """Returns what looks like one, and can be packed into three quarters."""
    text = base64.encodebytes(random.randbytes(size)).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


@case
def large_destination_config(place):
    """Of 0.4 MB, which a Secret holds as it is, and of 1.2 MB, packed."""
    with place.warehouse() as warehouse:
        if warehouse is None:
            print("  (no Postgres here: not tried)")
            return
        for size in 300_000, 900_000:
            # Not read without TLS.
            destination = warehouse.destination(
                sslServerCA=bundle_of_certificates(size))
            read = Read(place, rows=10, look_for=warehouse.parts,
                        look_in=place.files_of_a_connector)
            read.body["destinationConfig"] = destination
            read.start().wait_until_over("SUCCESS")
            for stream in STREAMS:
                expect(f"rows of {stream}",
                       warehouse.rows(f"{read.sync}_{stream}"),
                       rows_of(stream, 1, 10))
            expect_in("what the connector found", "places: 0 hold it",
                      logged(place, read))
            storage_key = f"check-{uuid.uuid4()}"
            started(place, "POST", "/check", {"storageKey": storage_key},
                    {"destinationConfig": destination})
            row = wait_for_row(place, "source_check", "key", storage_key)
            expect(f"check, {row['description']}", row["status"], "SUCCESS")
