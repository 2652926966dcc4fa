"""What the bench of warehouses brings: a table of nine columns, and the lines in
which a connector prints it."""

import json
import random

# Column: type of Postgres, type of the stream's schema.
COLUMNS = {
    "id": ("bigint", {"type": "integer"}),
    "customer": ("text", {"type": "string"}),
    "email": ("text", {"type": "string"}),
    "amount": ("double precision", {"type": "number"}),
    "paid": ("boolean", {"type": "boolean"}),
    "ordered_at": ("timestamptz", {"type": "string", "format": "date-time"}),
    "address": ("jsonb", {"type": "object"}),
    "labels": ("jsonb", {"type": "array"}),
    "remark": ("text", {"type": "string"}),
}
TABLE = ", ".join(f"{name} {sql}" for name, (sql, _) in COLUMNS.items())


def orders(count):
    """Yields rows of nine columns, some 335 bytes of JSON each."""
    chance = random.Random(42)
    words = ["".join(chance.choices("aeiourstnlmd", k=chance.randint(4, 10)))
             for _ in range(500)]

    def text(many):
        return " ".join(chance.choices(words, k=many))

    for number in range(count):
        second = number % 60
        yield {
            "id": number, "customer": text(3),
            "email": f"{chance.choice(words)}{number % 997}@example.org",
            "amount": round(chance.uniform(1, 5000), 2),
            "paid": number % 4 != 0,
            "ordered_at": f"2026-03-{number % 28 + 1:02}T{number % 24:02}:"
                          f"{second:02}:{second:02}.{number % 1000:03}Z",
            "address": {"street": text(2), "city": chance.choice(words),
                        "zip": f"{number % 100000:05}"},
            "labels": chance.choices(words, k=2), "remark": text(10)}


def record(row):
    """Returns the connector's line of a row, given as JSON."""
    return ('{"type":"RECORD","record":{"stream":"orders","data":' + row
            + ',"emitted_at":1772323200000}}\n')


def state(number):
    """Returns a STATE behind that row."""
    return json.dumps({"type": "STATE", "state": {"type": "STREAM", "stream": {
        "stream_descriptor": {"name": "orders"},
        "stream_state": {"id": number}}}}) + "\n"


def status(word):
    """Returns a message about the stream."""
    return json.dumps({"type": "TRACE", "trace": {
        "type": "STREAM_STATUS", "emitted_at": 1772323200000, "stream_status": {
            "stream_descriptor": {"name": "orders"}, "status": word}}}) + "\n"
