#include "bench/generator.hpp"

#include <spdlog/fmt/fmt.h>

#include <iterator>
#include <random>
#include <string_view>

namespace motorcade::bench {

namespace {

constexpr std::string_view words[] = {"amber",  "birch",  "cobalt", "delta",
                                      "ember",  "fjord",  "garnet", "harbor",
                                      "indigo", "jasper", "kelp",   "lumen"};

/// Appends an object of about `bytes` bytes, with the mix of a business table.
void append_data(std::string& out, uint64_t id, size_t bytes,
                 std::mt19937_64& random) {
  auto from = out.size();
  auto to = std::back_inserter(out);
  fmt::format_to(to, R"({{"id":{})", id);
  for (int column = 0; out.size() - from + 40 < bytes; ++column) {
    auto r = random();
    switch (column % 5) {
    case 0:
      fmt::format_to(to, R"(,"name_{}":"{} {}")", column, words[r % 12],
                     words[(r >> 8) % 12]);
      break;
    case 1:
      fmt::format_to(to, R"(,"amount_{}":{}.{:02})", column, r % 100'000,
                     (r >> 32) % 100);
      break;
    case 2:
      fmt::format_to(to, R"(,"at_{}":"2026-{:02}-{:02}T{:02}:00:00Z")", column,
                     1 + r % 12, 1 + (r >> 8) % 28, (r >> 16) % 24);
      break;
    case 3:
      fmt::format_to(to, R"(,"flag_{}":{})", column,
                     r % 2 == 0 ? "true" : "null");
      break;
    default:
      fmt::format_to(to, R"(,"address_{}":{{"city":"{}","zip":{}}})", column,
                     words[r % 12], r % 100'000);
    }
  }
  out += '}';
}

void append_log(std::string& out, std::string_view form, uint64_t rows,
                const std::string& stream) {
  auto said = fmt::format("read {} records of {} so far", rows, stream);
  if (form == "json")
    out += R"({"level":"info","time":"2026-11-28T09:57:00.123Z","msg":")" + said
           + "\"}\n";
  else if (form == "text")
    out += "2026-11-28 09:57:00,123 - source - INFO - " + said + "\n";
  else
    out +=
        R"({"type":"LOG","log":{"level":"INFO","message":")" + said + "\"}}\n";
}

} // namespace

std::vector<std::string> stream_names(const generator_settings& settings) {
  std::vector<std::string> out;
  for (uint32_t i = 0; i < settings.streams; ++i)
    out.push_back("stream_" + std::to_string(i));
  return out;
}

std::string generate(const generator_settings& settings) {
  std::mt19937_64 random{settings.seed};
  auto names = stream_names(settings);
  std::vector<uint64_t> rows(names.size());
  std::string out;
  out.reserve(settings.rows * (settings.row_bytes + 120));
  for (uint64_t i = 0; i < settings.rows; ++i) {
    auto s = settings.interleave == "rows" ? i % names.size()
             : settings.interleave == "random"
                 ? random() % names.size()
                 : i * names.size() / settings.rows;
    out +=
        R"({"type":"RECORD","record":{"stream":")" + names[s] + R"(","data":)";
    append_data(out, ++rows[s], settings.row_bytes, random);
    out += R"(,"emitted_at":1795216072761}})"
           "\n";
    if (settings.states_every > 0 && rows[s] % settings.states_every == 0)
      fmt::format_to(
          std::back_inserter(out),
          R"({{"type":"STATE","state":{{"type":"STREAM","stream":{{"stream_descriptor":{{"name":"{}"}},"stream_state":{{"id":{}}}}}}}}})"
          "\n",
          names[s], rows[s]);
    if (settings.logs_every > 0 && (i + 1) % settings.logs_every == 0)
      append_log(out, settings.log_form, rows[s], names[s]);
  }
  return out;
}

std::string make_catalog(const std::vector<std::string>& streams,
                         bool incremental) {
  std::string out = R"({"streams":[)";
  for (const auto& name : streams)
    fmt::format_to(
        std::back_inserter(out),
        R"({}{{"stream":{{"name":"{}","json_schema":{{"type":"object","properties":{{"id":{{"type":"integer"}}}}}},"supported_sync_modes":["full_refresh","incremental"]}},"sync_mode":"{}","destination_sync_mode":"append"}})",
        out.back() == '[' ? "" : ",", name,
        incremental ? "incremental" : "full_refresh");
  return out + "]}";
}

} // namespace motorcade::bench
