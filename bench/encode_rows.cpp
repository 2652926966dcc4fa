// Makes COPY text of rows and throws it away: what encoding alone costs.
#include "runtime/base/whole_file.hpp"
#include "runtime/destination/postgres/postgres_types.hpp"
#include "runtime/destination/tables/copy_text.hpp"
#include "runtime/destination/tables/table_builder.hpp"
#include "schema/catalog/catalog.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

using namespace motorcade;

namespace {

/// Counts what a table builder makes.
class counting_table final : public table_sink {
public:
  result<void> on_layout(const table_layout&) override { return {}; }

  result<void> on_rows(std::string_view wire) override {
    bytes += wire.size();
    return {};
  }

  uint64_t bytes = 0;
};

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  constexpr double nanos = 1e9;
  return static_cast<double>(now.tv_sec)
         + static_cast<double>(now.tv_nsec) / nanos;
}

int fail(const std::string& what) {
  std::fprintf(stderr, "encode-rows: %s\n", what.c_str());
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3)
    return fail("usage: encode-rows CATALOG ROWS.ndjson");
  const auto configured = read_whole_file(argv[1]);
  const auto rows = read_whole_file(argv[2]);
  if (!configured || !rows)
    return fail((configured ? rows : configured).error().what);
  const auto streams = parse_catalog(*configured);
  if (!streams)
    return fail(streams.error().what);
  table_rules rules;
  rules.dialect = postgres_dialect();
  rules.fields = streams->streams.front().fields;
  copy_text wire;
  table_builder builder{std::move(rules), wire};
  counting_table sink;
  const auto began = cpu_seconds();
  // As the sidecar's parsers hand rows over.
  constexpr size_t portion = 256 << 10;
  for (std::string_view rest = *rows; !rest.empty();) {
    const auto end = rest.find('\n', std::min(portion, rest.size() - 1));
    const auto some =
        rest.substr(0, end == std::string_view::npos ? rest.size() : end + 1);
    if (const auto ok = builder.add(some, sink); !ok)
      return fail(ok.error().what);
    rest.remove_prefix(some.size());
  }
  std::printf(R"({"rows":%llu,"bytes":%zu,"made":%llu,"cpu_seconds":%.4f})"
              "\n",
              static_cast<unsigned long long>(builder.rows()), rows->size(),
              static_cast<unsigned long long>(sink.bytes),
              cpu_seconds() - began);
  return 0;
}
