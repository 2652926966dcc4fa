// The fast way of the line parser against the exact check: they must find the
// same lines valid, and read the same records.
#include "schema/lines/line_parser.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

using namespace motorcade;

namespace {

/// The kind of a line.
struct verdict {
  char kind;
  std::string data;

  friend bool operator==(const verdict&, const verdict&) = default;
};

std::string outline(const record_message& record) {
  // White space behind a number may belong to it.
  auto time = record.emitted_at;
  while (!time.empty() && std::strchr(" \t\r\n", time.back()) != nullptr)
    time.remove_suffix(1);
  std::string out;
  for (const auto& field : {record.stream_namespace, record.stream, record.data,
                            time, record.meta, record.file_reference})
    out += std::string{field} + ' ';
  return out;
}

std::string outline(const message& content) {
  auto out = std::to_string(content.index());
  if (const auto* log = std::get_if<log_message>(&content))
    out += std::string{to_string(log->level)} + " " + log->text;
  return out;
}

struct collector : line_handler {
  void on_record(line_position where, const record_message& record) override {
    put(where, 'r', outline(record));
  }

  void on_message(line_position where, message&& content) override {
    put(where, 'm', outline(content));
  }

  void on_text(line_position where, std::string_view line) override {
    put(where, 't', std::string{line});
  }

  void on_fault(line_position where, std::string_view line,
                const json_fault& fault) override {
    if (fault.offset > line.size())
      std::abort();
    put(where, 'f', std::string{to_string(fault.reason)});
  }

  void put(line_position where, char kind, std::string data) {
    if (where.index >= lines.size())
      lines.resize(where.index + 1, verdict{'b', {}});
    lines[where.index] = {kind, std::move(data)};
  }

  std::vector<verdict> lines;
};

verdict exact(std::string_view line) {
  auto first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos)
    return {'b', {}};
  if (line[first] != '{')
    return {'t', std::string{line}};
  if (auto fault = check_json(line))
    return {'f', std::string{to_string(fault->reason)}};
  auto read = parse_message(line);
  if (auto* fault = std::get_if<json_fault>(&read))
    return {'f', std::string{to_string(fault->reason)}};
  auto& content = std::get<message>(read);
  if (auto* record = std::get_if<record_message>(&content))
    return {'r', outline(*record)};
  return {'m', outline(content)};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto padded = std::make_unique<char[]>(size + line_parser::padding);
  std::memcpy(padded.get(), data, size);
  std::string_view text{padded.get(), size};
  static line_parser parser;
  collector told;
  auto lines = parser.parse(text, told);
  told.lines.resize(lines, verdict{'b', {}});
  for (uint64_t i = 0; i < lines; ++i) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (told.lines[i] != exact(line)) {
      std::fprintf(stderr, "line %llu: %c %s, exactly: %c %s\n",
                   static_cast<unsigned long long>(i), told.lines[i].kind,
                   told.lines[i].data.c_str(), exact(line).kind,
                   exact(line).data.c_str());
      std::abort();
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}
