// The small parts, each alone: what a whole sync is made of.
#include "bench/counting_sink.hpp"
#include "bench/generator.hpp"
#include "runtime/destination/choice/make_destination.hpp"
#include "runtime/destination/destination.hpp"
#include "runtime/destination/spool_file.hpp"
#include "runtime/process/process.hpp"
#include "runtime/stream/slab_parser.hpp"
#include "runtime/stream/slab_reader.hpp"
#include "schema/lines/line_parser.hpp"
#include "schema/secrets/secret_mask.hpp"
#include "schema/state/checkpoint_ledger.hpp"

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <cstring>
#include <filesystem>
#include <future>
#include <map>

using namespace motorcade;

namespace {

/// Lines of records with `row_bytes` of data each, about 8 MB, padded.
const std::string& recording(int64_t row_bytes, uint32_t streams = 1) {
  static std::map<std::pair<int64_t, uint32_t>, std::string> made;
  auto& text = made[{row_bytes, streams}];
  if (text.empty()) {
    bench::generator_settings shape;
    shape.row_bytes = static_cast<uint32_t>(row_bytes);
    shape.rows = 8'000'000 / static_cast<uint64_t>(row_bytes + 70);
    shape.streams = streams;
    shape.interleave = "rows";
    text = bench::generate(shape);
    text.append(line_parser::padding, '\0');
    text.resize(text.size() - line_parser::padding);
  }
  return text;
}

struct counter : line_handler {
  void on_record(line_position, const record_message& r) override {
    rows += 1;
    bytes += r.data.size();
  }

  void on_message(line_position, message&&) override {}

  void on_text(line_position, std::string_view) override {}

  void on_fault(line_position, std::string_view, const json_fault&) override {}

  uint64_t rows = 0;
  uint64_t bytes = 0;
};

/// Feeds pieces of whole lines, as slabs are.
template <class F>
void in_pieces(std::string_view text, F f) {
  constexpr size_t most = 256 << 10;
  std::string piece;
  while (!text.empty()) {
    auto end = text.size() <= most ? text.size() - 1 : text.rfind('\n', most);
    piece.assign(text.substr(0, end + 1));
    piece.append(line_parser::padding, '\0');
    f(std::string_view{piece.data(), end + 1});
    text.remove_prefix(end + 1);
  }
}

void line_parser_fast(benchmark::State& state) {
  const auto& text = recording(state.range(0));
  line_parser parser;
  counter seen;
  for (auto _ : state)
    in_pieces(text, [&](std::string_view piece) { parser.parse(piece, seen); });
  benchmark::DoNotOptimize(seen.bytes);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations())
                          * static_cast<int64_t>(text.size()));
  state.SetItemsProcessed(static_cast<int64_t>(seen.rows));
}

BENCHMARK(line_parser_fast)->Arg(100)->Arg(430)->Arg(4000);

/// What the lines would cost with simdjson's own DOM, which has no spans.
void line_parser_dom(benchmark::State& state) {
  const auto& text = recording(state.range(0));
  simdjson::dom::parser parser;
  uint64_t rows = 0;
  for (auto _ : state)
    in_pieces(text, [&](std::string_view piece) {
      while (!piece.empty()) {
        auto end = piece.find('\n');
        auto parsed = parser.parse(piece.data(), end, false);
        rows += parsed.error() == simdjson::SUCCESS;
        piece.remove_prefix(end + 1);
      }
    });
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations())
                          * static_cast<int64_t>(text.size()));
  state.SetItemsProcessed(static_cast<int64_t>(rows));
}

BENCHMARK(line_parser_dom)->Arg(100)->Arg(430)->Arg(4000);

void exact_check(benchmark::State& state) {
  const auto& text = recording(state.range(0));
  for (auto _ : state) {
    std::string_view rest = text;
    while (!rest.empty()) {
      auto end = rest.find('\n');
      benchmark::DoNotOptimize(check_json(rest.substr(0, end)));
      rest.remove_prefix(end + 1);
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations())
                          * static_cast<int64_t>(text.size()));
}

BENCHMARK(exact_check)->Arg(430);

/// Reads of 64 KiB into slabs: what the reader adds to the system calls.
void slab_reading(benchmark::State& state) {
  const auto& text = recording(430);
  auto pool = std::make_shared<slab_pool>(256 << 10);
  for (auto _ : state) {
    slab_reader reader{pool, 64u << 20, nullptr};
    for (size_t at = 0; at < text.size();) {
      auto space = reader.space();
      auto n = std::min({space.size(), text.size() - at, size_t{64} << 10});
      std::memcpy(space.data(), text.data() + at, n);
      reader.filled(n);
      at += n;
      if (reader.full())
        while (auto slab = reader.take())
          benchmark::DoNotOptimize(slab->text().data());
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations())
                          * static_cast<int64_t>(text.size()));
}

BENCHMARK(slab_reading);

/// Slabs to rows by stream: parsing and the one copy.
void slab_parsing(benchmark::State& state) {
  auto streams = static_cast<uint32_t>(state.range(0));
  const auto& text = recording(430, streams);
  slab_parser_settings settings;
  for (uint32_t i = 0; i < streams; ++i)
    settings.streams.push_back({"", "stream_" + std::to_string(i)});
  slab_parser parser{settings};
  auto pool = std::make_shared<slab_pool>(256 << 10);
  for (auto _ : state) {
    slab_reader reader{pool, 64u << 20, nullptr};
    for (size_t at = 0; at < text.size();) {
      auto space = reader.space();
      auto n = std::min(space.size(), text.size() - at);
      std::memcpy(space.data(), text.data() + at, n);
      reader.filled(n);
      at += n;
      while (auto slab = reader.take())
        benchmark::DoNotOptimize(parser.parse(*slab));
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations())
                          * static_cast<int64_t>(text.size()));
}

BENCHMARK(slab_parsing)->Arg(1)->Arg(50);

/// A unit of rows, its state and its commit, over so many streams.
void ledger(benchmark::State& state) {
  auto streams = static_cast<size_t>(state.range(0));
  checkpoint_ledger book{streams};
  for (auto _ : state) {
    for (size_t s = 0; s < streams; ++s)
      book.add_rows(s, 100);
    book.add_global_state("_GLOBAL_STATE", "{}");
    for (size_t s = 0; s < streams; ++s)
      book.commit(s, book.close(s));
    benchmark::DoNotOptimize(book.take_saveable());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * streams));
}

BENCHMARK(ledger)->Arg(1)->Arg(50)->Arg(1000);

std::vector<block_ptr> blocks() {
  std::vector<block_ptr> out;
  in_pieces(recording(430), [&](std::string_view piece) {
    out.push_back(make_block(piece, 1));
  });
  return out;
}

/// One request of 8 MB into a file, compressed, fsync included.
void file_destination(benchmark::State& state) {
  auto directory = make_private_directory("micro-bench-");
  destination_settings settings;
  settings.url = "file://" + *directory;
  auto where = make_destination(settings);
  auto rows = blocks();
  int64_t bytes = 0;
  for (auto _ : state) {
    std::promise<bool> done;
    upload_request request;
    request.table = "t";
    request.mode = write_mode::replace_table;
    auto upload = (*where)->open(request, [&](const upload_outcome& outcome) {
      done.set_value(outcome.committed());
    });
    for (const auto& block : rows) {
      bytes += static_cast<int64_t>(block->size());
      upload->write(block);
    }
    upload->finish();
    if (!done.get_future().get())
      state.SkipWithError("not committed");
  }
  state.SetBytesProcessed(bytes);
  std::filesystem::remove_all(*directory);
}

BENCHMARK(file_destination)->UseRealTime();

/// The same to HTTP; the sink's thread shares the cores.
void bulker_destination(benchmark::State& state) {
  bench::counting_sink sink;
  destination_settings settings;
  settings.url = "http://127.0.0.1:" + std::to_string(sink.port());
  auto where = make_destination(settings);
  auto rows = blocks();
  int64_t bytes = 0;
  for (auto _ : state) {
    std::promise<bool> done;
    upload_request request;
    request.connection_id = "c";
    request.table = "t";
    auto upload = (*where)->open(request, [&](const upload_outcome& outcome) {
      done.set_value(outcome.committed());
    });
    for (const auto& block : rows) {
      bytes += static_cast<int64_t>(block->size());
      upload->write(block);
    }
    upload->finish();
    if (!done.get_future().get())
      state.SkipWithError("not committed");
  }
  state.SetBytesProcessed(bytes);
}

BENCHMARK(bulker_destination)->UseRealTime();

void spooling(benchmark::State& state) {
  auto rows = blocks();
  int64_t bytes = 0;
  for (auto _ : state) {
    auto made = spool_file::create(std::filesystem::temp_directory_path());
    for (const auto& block : rows) {
      bytes += static_cast<int64_t>(block->size());
      if (!(*made)->append(*block))
        state.SkipWithError("not kept");
    }
  }
  state.SetBytesProcessed(bytes);
}

BENCHMARK(spooling);

/// Lines of log without a secret, as nearly all are, by the number of secrets.
void hiding_secrets(benchmark::State& state) {
  secret_mask mask;
  for (int64_t i = 0; i < state.range(0); ++i)
    mask.add("s3cr3t-" + std::to_string(i * 7'919'357) + "-of-a-config");
  const std::string line =
      "2026-01-31T23:59:59.123Z INFO source: read 1000 records of stream "
      "purchases, page 17, next token eyJvZmZzZXQiOjE3MDAwfQ==";
  int64_t bytes = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(mask.apply(line));
    bytes += static_cast<int64_t>(line.size());
  }
  state.SetBytesProcessed(bytes);
}

BENCHMARK(hiding_secrets)->Arg(0)->Arg(1)->Arg(10)->Arg(1000);

} // namespace

BENCHMARK_MAIN();
