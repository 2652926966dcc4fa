"""What is tried of the API's lists, answers and files, as a page would ask for
them."""

import gzip
import uuid
from urllib.parse import quote

from api_case import case
from api_sync_cases import definition, post, put, wait_until_over
from api_task import STREAMS
from checks import Failed, expect, expect_in, wait_for
from kubernetes_settings import SOURCE_KEY


def answer_to(place, method, path, query, body=None):
    """Returns the answer to an inquiry, asked for once more while Kubernetes or
    the database is too slow."""

    def probe():
        answer = place.client.call(method, path, {**query, "wait": 60}, body)
        return None if answer.status == 503 else answer

    return wait_for(f"an answer to {path}", probe, 180)


@case
def answers_are_waited_for_and_shown(place):
    answer = answer_to(place, "GET", "/spec", place.image)
    expect(f"spec: {answer.text:.300}", (answer.status, answer.json["status"]),
           (200, "SUCCESS"))
    expect("the same", place.client.get("/specs", **place.image)["spec"],
           answer.json["spec"])
    key = f"check-{uuid.uuid4()}"
    for config, status, words in (("right", "SUCCESS", ""),
                                  ("wrong", "FAILED", "the key is wrong")):
        answer = answer_to(place, "POST", "/check",
                           {**place.image, "storageKey": key},
                           {"config": {"key": config}})
        expect(f"check: {answer.text:.300}", answer.json["status"], status)
        expect_in("words", words, answer.json["message"] or "")
        shown = place.client.get(f"/checks/{key}")
        expect("status", shown["status"], status)
        if not shown["at"]:
            raise Failed(f"it says no time: {shown}")
    if place.runtime == "process":
        answer = answer_to(
            place, "POST", "/check", {"storageKey": f"check-{uuid.uuid4()}"},
            {"destinationConfig": {"destinationType": "sqlite",
                                   "path": "checked.db"}})
        expect(f"a relative path: {answer.text:.300}",
               (answer.status, answer.json.get("status")), (200, "SUCCESS"))
    key = f"discover/{uuid.uuid4()}"
    answer = answer_to(place, "POST", "/discover",
                       {**place.image, "storageKey": key},
                       {"config": {"key": SOURCE_KEY}})
    expect(f"discover: {answer.text:.300}", answer.json["status"], "SUCCESS")
    shown = place.client.get(f"/catalogs/{quote(key, safe='')}")
    expect("streams", sorted(one["name"] for one in
                             shown["catalog"]["streams"]), sorted(STREAMS))
    missing = place.client.call("GET", "/checks/none")
    expect("a check that never was",
           (missing.status, missing.json["code"]), (404, "not_found"))


@case
def syncs_are_found_and_counted(place):
    sync = f"sync-{uuid.uuid4().hex[:8]}"
    body = definition(place, sync, rows=3)
    body["labels"] = {"team": sync}
    put(place, sync, body, 201)
    task = post(place, sync, "run")["taskId"]
    run = wait_until_over(place, sync, "SUCCESS")
    expect("rows", run["rows"], 3 * len(STREAMS))
    for name in "startedAt", "endedAt", "bytes":
        if not run[name]:
            raise Failed(f"the run has no {name}: {run}")
    page = place.client.get("/syncs", q=f"{sync} {place.package}", runs=30)
    expect("found", [one["syncId"] for one in page["syncs"]], [sync])
    shown = page["syncs"][0]
    expect("runs", [one["taskId"] for one in shown["runs"]], [task])
    expect("last success", shown["lastSuccessAt"] is not None, True)
    if page["counts"]["all"] < 1:
        raise Failed(f"counts {page['counts']}")
    labelled = place.client.get("/syncs", label=f"team:{sync}")["syncs"]
    expect("labelled", [one["syncId"] for one in labelled], [sync])
    for standing in "failing", "running", "paused":
        found = place.client.get("/syncs", q=sync, status=standing)["syncs"]
        expect(standing, found, [])
    post(place, sync, "pause")
    found = place.client.get("/syncs", q=sync, status="paused")["syncs"]
    expect("paused", len(found), 1)
    later = place.client.get(f"/syncs/{sync}/runs", to=run["createdAt"])
    expect("before its first run", later["runs"], [])
    catalog = place.client.get(f"/catalogs/{quote(shown['catalogKey'], safe='')}")
    expect("catalog", catalog["status"], "SUCCESS")
    tables = place.client.get(f"/tables/{sync}")["tables"]
    expect("streams with tables", sorted(one["stream"] for one in tables),
           sorted(STREAMS))
    for one in tables:
        answer = place.client.call(
            "GET", f"/tables/{sync}/{quote(one['name'], safe='')}/rows",
            {"limit": 2})
        # Of a Pod's disk nothing can be read back.
        if one["readable"] or place.runtime == "process":
            expect(f"rows of {one}: {answer.text:.300}",
                   (answer.status, len(answer.json.get("rows", ())),
                    answer.json.get("more")), (200, 2, True))
        else:
            expect(f"rows of {one}", answer.status, 409)


@case
def logs_are_searched_and_downloaded(place):
    key = f"check-{uuid.uuid4()}"
    answer = place.client.call(
        "POST", "/check", {**place.image, "storageKey": key, "wait": 60},
        {"config": {"key": "wrong"}})
    expect("check", answer.json["status"], "FAILED")
    path = f"/tasks/{quote(f'check:{key}', safe='')}/logs"
    # Lines are stored some time after the answer.
    lines = wait_for("lines of the check",
                     lambda: place.client.get(path)["logs"])
    last = place.client.get(path, before="end", limit=1)["logs"]
    expect("the last line", len(last), 1)
    word = lines[0]["message"].split()[0]
    found = place.client.get(path, q=word.upper())["logs"]
    expect_in("found", lines[0]["id"], [one["id"] for one in found])
    for line in place.client.get(path, level="WARN")["logs"]:
        expect_in("level", line["level"], ("WARN", "ERROR", "FATAL"))
    file = place.client.call("GET", f"{path}.txt")
    expect("file", (file.status, "attachment" in
                    file.headers["Content-Disposition"]), (200, True))
    expect_in("its first line", lines[0]["message"].splitlines()[0], file.text)
    counts = place.client.get("/tasks", kind="check", counts="true")["counts"]
    if counts["FAILED"] < 1:
        raise Failed(f"counts {counts}")


@case
def the_system_and_its_connectors_are_told(place):
    system = place.client.get("/system")
    expect("runtime", system["runtime"], place.runtime)
    expect("database", system["database"]["ok"], True)
    expect("syncs", system["syncs"], {"kept": True, "reason": None})
    if not system["leader"]:
        raise Failed(f"nobody leads: {system}")
    connectors = {(one["package"], one["version"]): one for one in
                  place.client.get("/connectors")["connectors"]}
    expect("spec", connectors[place.package, place.version]["specKnown"], True)
    head = place.client.call("HEAD", "/connectors")
    expect("HEAD", (head.status, head.text), (200, ""))
    packed = place.client.raw("/openapi.json", {"Accept-Encoding": "gzip"})
    expect("description", gzip.decompress(packed).decode(),
           place.client.call("GET", "/openapi.json").text)
