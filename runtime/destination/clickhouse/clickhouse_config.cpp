#include "runtime/destination/clickhouse/clickhouse_config.hpp"

#include "runtime/destination/clickhouse/clickhouse_sql.hpp"
#include "runtime/destination/warehouse/warehouse_url.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>

namespace motorcade {

namespace {

constexpr std::string_view http_port = "8123";
constexpr std::string_view https_port = "8443";

failure invalid(std::string what) {
  return {ec::invalid_argument, "destinationConfig: " + std::move(what)};
}

result<std::string> text_of(const json_view& config, std::string_view name) {
  const auto value = config.find(name);
  if (!value || value->is_null())
    return std::string{};
  if (!value->is_string() || value->text().find('\0') != std::string::npos)
    return invalid(std::string{name} + " must be a text without NUL");
  return value->text();
}

result<std::vector<std::string>> texts_of(const json_view& config,
                                          std::string_view name) {
  std::vector<std::string> out;
  const auto value = config.find(name);
  if (!value || value->is_null())
    return out;
  if (!value->is_array())
    return invalid(std::string{name} + " must be an array of texts");
  auto fine = true;
  value->for_each_element([&](json_view one) {
    fine = fine && one.is_string();
    if (fine)
      out.push_back(one.text());
  });
  if (!fine)
    return invalid(std::string{name} + " must be an array of texts");
  return out;
}

/// @returns `host:port` with the port of HTTP, or nothing if it is neither
/// a host nor a host and a port.
std::string with_port(const std::string& host, bool secure, bool native,
                      std::string& remark) {
  const auto fallback = secure ? https_port : http_port;
  const auto server = split_server(host);
  if (!server)
    return {};
  const auto name = server->host.find(':') == std::string::npos
                        ? server->host
                        : '[' + server->host + ']';
  const auto port = server->port.empty() ? std::string{fallback} : server->port;
  if (!native)
    return name + ':' + port;
  remark = "the native protocol of ClickHouse is not spoken here: its HTTP "
           "interface is used, at port "
           + std::string{fallback} + " of the same host";
  return name + ':' + std::string{fallback};
}

result<void> add_server(clickhouse_config& out, const std::string& host,
                        bool secure, bool native) {
  const auto place = with_port(host, secure, native, out.remark);
  if (place.empty())
    return invalid("hosts must be names or addresses, each with or without a "
                   "port");
  out.servers.push_back((secure ? "https://" : "http://") + place);
  return {};
}

/// @returns `[{"function": "toYYYYMM", "field": "created_at"}]` as SQL.
result<std::string> partitions_of(const json_view& engine) {
  std::string out;
  const auto fields = engine.find("partitionFields");
  if (!fields || fields->is_null())
    return out;
  std::string wrong;
  if (!fields->is_array())
    return invalid("engine.partitionFields must be an array");
  fields->for_each_element([&](json_view one) {
    const auto field = text_of(one, "field");
    const auto function = text_of(one, "function");
    const auto named =
        function && std::all_of(function->begin(), function->end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                 || (c >= '0' && c <= '9') || c == '_';
        });
    if (!field || field->empty() || !named) {
      wrong =
          "engine.partitionFields must be objects with a field and the name "
          "of a function";
      return;
    }
    const auto column = quote_clickhouse(*field);
    out += (out.empty() ? "" : ", ")
           + (function->empty() ? column : *function + '(' + column + ')');
  });
  if (!wrong.empty())
    return invalid(wrong);
  return out;
}

result<std::string> columns_of(const json_view& engine, std::string_view name) {
  auto fields = texts_of(engine, name);
  if (!fields)
    return fields.error();
  std::string out;
  for (const auto& field : *fields)
    out += (out.empty() ? "" : ", ") + quote_clickhouse(field);
  return out;
}

result<void> add_engine(const json_view& config, clickhouse_config& out) {
  const auto engine = config.find("engine");
  if (!engine || engine->is_null())
    return {};
  if (!engine->is_object())
    return invalid("engine must be an object");
  auto nullable = texts_of(*engine, "nullableFields");
  if (!nullable)
    return nullable.error();
  out.nullable_fields = *std::move(nullable);
  const std::pair<std::string*, result<std::string>> clauses[] = {
      {&out.partition_by, partitions_of(*engine)},
      {&out.order_by, columns_of(*engine, "orderFields")},
      {&out.primary_key, columns_of(*engine, "primaryKeys")}};
  for (const auto& [to, clause] : clauses) {
    if (!clause)
      return clause.error();
    *to = *clause;
  }
  return {};
}

result<void> add_parameters(const json_view& config, clickhouse_config& out) {
  const auto given = config.find("parameters");
  if (!given || given->is_null())
    return {};
  if (!given->is_object())
    return invalid("parameters must be an object");
  given->for_each_member([&](const std::string& name, json_view value) {
    out.parameters.emplace_back(
        name, value.is_string() ? value.text() : std::string{value.raw()});
  });
  return {};
}

} // namespace

result<clickhouse_config> read_clickhouse_config(const json_view& config) {
  clickhouse_config out;
  auto protocol = text_of(config, "protocol");
  if (!protocol)
    return protocol.error();
  if (protocol->empty())
    *protocol = "https";
  const auto secure = *protocol == "https" || *protocol == "clickhouse-secure";
  const auto native =
      *protocol == "clickhouse" || *protocol == "clickhouse-secure";
  if (!secure && !native && *protocol != "http")
    return invalid("protocol must be http, https, clickhouse or "
                   "clickhouse-secure");
  auto hosts = texts_of(config, "hosts");
  if (!hosts)
    return hosts.error();
  if (hosts->empty())
    return invalid("hosts is required for clickhouse");
  for (const auto& host : *hosts)
    if (auto ok = add_server(out, host, secure, native); !ok)
      return ok.error();
  const std::pair<const char*, std::string*> members[] = {
      {"username", &out.username},
      {"password", &out.password},
      {"database", &out.database},
      {"cluster", &out.cluster}};
  for (const auto& [name, to] : members) {
    auto text = text_of(config, name);
    if (!text)
      return text.error();
    if (!text->empty())
      *to = *std::move(text);
  }
  if (auto ok = add_parameters(config, out); !ok)
    return ok.error();
  if (auto ok = add_engine(config, out); !ok)
    return ok.error();
  return out;
}

result<clickhouse_config> read_clickhouse_url(std::string_view url) {
  const failure wrong{ec::invalid_argument,
                      "the destination's URL must be like "
                      "clickhouse://user:password@host:8123/database, or "
                      "clickhouses://… for https"};
  clickhouse_config out;
  const auto secure = url.starts_with("clickhouses://");
  auto parts = parse_warehouse_url(url);
  if (!parts || !add_server(out, parts->server, secure, false))
    return wrong;
  if (!parts->user.empty())
    out.username = std::move(parts->user);
  out.password = std::move(parts->password);
  if (!parts->database.empty())
    out.database = std::move(parts->database);
  out.parameters = std::move(parts->parameters);
  return out;
}

} // namespace motorcade
