"""Sends what a connector has printed into a bucket of a store that speaks S3's
protocol, and compares its objects with it.

How objects are named and written is said in docs/destinations.md; it is said
here once more, in Python, without a look at how the sidecar does it."""

import collections
import csv
import gzip
import io
import json
import os
import urllib.parse
import urllib.request
import xml.etree.ElementTree

from warehouses import Differs, Mirror, flatten, is_same, parse_row

# moto checks no signatures.
LOGIN = {"Authorization": "AWS4-HMAC-SHA256 Credential=id/20260101/us-east-1/"
                          "s3/aws4_request, SignedHeaders=host, Signature=x"}
SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"

# A row may have 16 MiB, and all of them in one value.
csv.field_size_limit(16 << 20)


class Bucket:
    """A folder of the bucket `rows` that tests/support/with_s3 makes."""

    environment = {"AWS_ACCESS_KEY_ID": "id",
                   "AWS_SECRET_ACCESS_KEY": "conformance"}

    def __init__(self, folder, packed):
        """packed: its objects are CSV by gzip, else lines of JSON."""
        self.name = "S3 (CSV)" if packed else "S3"
        self.folder = folder + (".csv" if packed else "")
        self.packed = packed
        self.end = ".csv.gz" if packed else ".ndjson"
        self.endpoint = os.environ["S3_ENDPOINT"]
        form = "&format=csv&compression=gzip" if packed else ""
        self.url = (f"s3://rows/{self.folder}?endpoint="
                    f"{urllib.parse.quote(self.endpoint, safe='')}{form}")

    def get(self, path):
        """Returns the body of an answer."""
        request = urllib.request.Request(f"{self.endpoint}/rows{path}",
                                         headers=LOGIN)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def objects(self, table):
        """Returns the rows of a table's objects by their names."""
        head = f"{self.folder}/{table}"
        listed = xml.etree.ElementTree.fromstring(self.get(
            f"?list-type=2&prefix={urllib.parse.quote(head)}"))
        if listed.findtext(f"{SPACE}IsTruncated") != "false":
            raise Differs(f"{self.name}: too many objects to list")
        names = [one.findtext(f"{SPACE}Key")
                 for one in listed.iter(f"{SPACE}Contents")]
        return {name: self.rows(self.get(f"/{urllib.parse.quote(name)}"))
                for name in names if name.endswith(self.end)}

    def rows(self, body):
        """Returns an object's rows: lines, or what CSV has by column."""
        if not self.packed:
            return body.split(b"\n")[:-1]
        text = io.StringIO(gzip.decompress(body).decode(), newline="")
        return list(csv.DictReader(text, strict=True))


class BucketMirror(Mirror):
    """A folder of a bucket, and what must be in it."""

    def __init__(self, warehouse, folder, sidecar):
        super().__init__(warehouse, folder, sidecar)
        # By stream, the objects as they were after the last replay.
        self.before = {}

    def expect_rows(self, where, found, printed):
        """Raises Differs unless these are the printed rows, in any order of
        their objects."""
        if len(found) != len(printed):
            raise Differs(f"{where}: {len(found)} rows, not {len(printed)}")
        if not self.warehouse.packed:
            if collections.Counter(found) != collections.Counter(printed):
                raise Differs(f"{where}: other rows than those printed")
            return
        # CSV knows no objects, whatever the schema says.
        wanted = [flatten(parse_row(row), set()) for row in printed]
        for number, (cells, row) in enumerate(zip(found, wanted), 1):
            unlike = {column for column, value in row.items()
                      if not is_same(cells.get(column), value, "text")}
            more = {name for name, cell in cells.items()
                    if cell and name not in row}
            if unlike or more:
                raise Differs(f"{where}, row {number}: {unlike | more} are not "
                              "as they were printed")

    def compare(self, catalog, printed):
        """Raises Differs unless the last replay changed the objects as it must.
        Returns how many rows were compared."""
        compared = 0
        for entry in json.loads(catalog.read_text())["streams"]:
            name = entry["stream"]["name"]
            before = self.before.get(name, {})
            now = self.warehouse.objects(name)
            where = f"{self.warehouse.name}: {name}"
            own = f"{self.warehouse.folder}/{name}{self.warehouse.end}"
            refreshed = entry["sync_mode"] == "full_refresh"
            changed = {key: rows for key, rows in now.items()
                       if key == own and refreshed or key not in before}
            for key, rows in before.items():
                if key not in changed and now.get(key) != rows:
                    raise Differs(f"{where}: {key} is not as it was")
            if refreshed and own not in now:
                raise Differs(f"{where}: there is no {own}")
            # In the order in which they were written: the table's own object,
            # then by their numbers.
            rows = [row for key in sorted(changed, key=lambda key: (
                        key != own, len(key), key)) for row in changed[key]]
            self.expect_rows(where, rows, printed[name])
            compared += len(rows)
            self.before[name] = now
        return compared
