#include "controller/openapi_schemas.hpp"

namespace motorcade {

std::string_view openapi_schemas() {
  return R"json({
"Error": {
  "type": "object", "required": ["ok", "error"],
  "properties": {
    "ok": {"const": false}, "error": {"type": "string"}}},
"Accepted": {
  "type": "object", "required": ["ok", "status"],
  "properties": {
    "ok": {"const": true}, "status": {"const": "ok"}}},
"SpecAccepted": {
  "type": "object", "required": ["ok", "status", "startedAt"],
  "properties": {
    "ok": {"const": true}, "status": {"const": "ok"},
    "startedAt": {
      "type": "integer",
      "description": "Seconds since 1970."}}},
"ConfigBody": {
  "type": "object", "required": ["config"],
  "properties": {
    "config": {"type": "object", "writeOnly": true}}},
"ReadBody": {
  "type": "object", "required": ["config", "catalog"],
  "properties": {
    "config": {"type": "object", "writeOnly": true},
    "catalog": {
      "type": "object", "required": ["streams"],
      "description": "A ConfiguredAirbyteCatalog.",
      "properties": {
        "streams": {
          "type": "array", "minItems": 1,
          "items": {"type": "object"}}}},
    "state": {
      "type": ["object", "array", "null"],
      "description": "An array of AirbyteStateMessage, or an object of the connector's own (LEGACY); {} and [] begin anew. Without it, continue or fullSync say what to start from."},
    "destinationConfig": {
      "type": ["object", "null"], "writeOnly": true}}},
"Status": {
  "enum": ["RUNNING", "SUCCESS", "PARTIAL", "FAILED", "CANCELLED",
    "TIME_EXCEEDED"]},
"Task": {
  "type": "object",
  "required": ["sync_id", "task_id", "package", "version", "started_at",
    "updated_at", "started_by", "status", "description", "metrics",
    "error", "command", "storageKey"],
  "properties": {
    "sync_id": {
      "type": "string",
      "description": "Empty for a spec, check or discover that has ended, as nothing keeps it."},
    "task_id": {
      "type": "string",
      "description": "Of a spec, check or discover `spec:<package>:<version>`, `check:<storageKey>` or `discover:<package>:<version>:<storageKey>`."},
    "package": {"type": "string"}, "version": {"type": "string"},
    "started_at": {
      "type": "string", "format": "date-time",
      "description": "Of a spec, check or discover that has ended the time of its end, the only one that is kept."},
    "updated_at": {"type": "string", "format": "date-time"},
    "started_by": {"description": "Any JSON value."},
    "status": {"$ref": "#/components/schemas/Status"},
    "description": {
      "description":
        "What became of each stream; any JSON value. In a list null where it is longer than 16,384 characters, as is metrics."},
    "metrics": {"description": "Any JSON value."},
    "error": {"type": ["string", "null"]},
    "command": {"enum": ["read", "spec", "check", "discover"]},
    "storageKey": {
      "type": ["string", "null"],
      "description": "Of a check and a discover."}}},
"TaskPage": {
  "type": "object", "required": ["ok", "tasks"],
  "properties": {
    "ok": {"const": true},
    "tasks": {
      "type": "array", "items": {"$ref": "#/components/schemas/Task"}},
    "next": {
      "type": "string",
      "description": "Where the next page begins; not on the last."}}},
"LogLine": {
  "type": "object",
  "required": ["id", "level", "logger", "message", "timestamp", "cursor"],
  "properties": {
    "id": {"type": "string"}, "level": {"type": "string"},
    "logger": {"type": "string"}, "message": {"type": "string"},
    "timestamp": {"type": "string", "format": "date-time"},
    "cursor": {
      "type": "string", "description": "To go on behind this line."}}},
"LogPage": {
  "type": "object", "required": ["ok", "logs", "more"],
  "properties": {
    "ok": {"const": true},
    "logs": {
      "type": "array", "items": {"$ref": "#/components/schemas/LogLine"}},
    "next": {
      "type": "string",
      "description": "Where later lines begin."},
    "more": {
      "type": "boolean",
      "description": "Whether there may be later lines already."}}},
"State": {
  "type": "object", "required": ["stream", "state", "omitted", "timestamp"],
  "properties": {
    "stream": {"type": "string"},
    "state": {
      "type": ["string", "null"],
      "description": "JSON, as it was saved; null where it is omitted."},
    "omitted": {
      "type": "boolean",
      "description": "The state is longer than 65,536 characters."},
    "timestamp": {
      "type": ["string", "null"], "format": "date-time",
      "description": "When it was saved."}}},
"AirbyteState": {
  "type": ["array", "object"],
  "description": "An array of AirbyteStateMessage, or an object of the connector's own (LEGACY); {} where nothing is saved."},
"StatePage": {
  "type": "object", "required": ["ok", "states"],
  "properties": {
    "ok": {"const": true},
    "states": {
      "type": "array", "items": {"$ref": "#/components/schemas/State"}},
    "next": {
      "type": "string",
      "description": "Where the next page begins; not on the last."}}}
  })json";
}

} // namespace motorcade
