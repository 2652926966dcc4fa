#include "bench/recorder.hpp"

#include "bench/demo/line_file.hpp"
#include "schema/lines/line_parser.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

namespace motorcade::bench {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error{what + ": " + std::strerror(errno)};
}

/// A file of lines that is compressed while it is written.
class zstd_file {
public:
  explicit zstd_file(const std::string& path)
      : path_{path}, file_{std::fopen(path.c_str(), "wb")} {
    if (file_ == nullptr)
      fail("cannot write " + path_);
    constexpr int level = 19;
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
  }

  ~zstd_file() {
    if (file_ != nullptr)
      std::fclose(file_);
  }

  zstd_file(const zstd_file&) = delete;
  zstd_file& operator=(const zstd_file&) = delete;

  void write(std::string_view bytes) { put(bytes, ZSTD_e_continue); }

  void close() {
    put({}, ZSTD_e_end);
    if (std::fclose(std::exchange(file_, nullptr)) != 0)
      fail("cannot write " + path_);
  }

private:
  void put(std::string_view bytes, ZSTD_EndDirective how) {
    std::array<char, 1 << 16> buffer;
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    size_t left = 0;
    do {
      ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
      left = ZSTD_compressStream2(context_.get(), &out, &in, how);
      if (ZSTD_isError(left) != 0)
        throw std::runtime_error{ZSTD_getErrorName(left)};
      if (std::fwrite(buffer.data(), 1, out.pos, file_) != out.pos)
        fail("cannot write " + path_);
    } while (in.pos < in.size || (how == ZSTD_e_end && left > 0));
  }

  std::string path_;
  std::FILE* file_;
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_{
      ZSTD_createCCtx(), ZSTD_freeCCtx};
};

} // namespace

void save_recording(const std::string& path, std::string_view lines) {
  if (path.ends_with(".zst")) {
    zstd_file file{path};
    file.write(lines);
    file.close();
    return;
  }
  auto* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr
      || std::fwrite(lines.data(), 1, lines.size(), file) != lines.size()
      || std::fclose(file) != 0)
    fail("cannot write " + path);
}

int record(const std::string& output,
           const std::vector<std::string>& connector) {
  zstd_file file{output};
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0)
    fail("pipe");
  auto id = ::fork();
  if (id < 0)
    fail("fork");
  if (id == 0) {
    std::vector<char*> arguments;
    arguments.reserve(connector.size() + 1);
    for (const auto& word : connector)
      arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execvp(arguments[0], arguments.data());
    std::fprintf(stderr, "cannot run %s: %s\n", arguments[0],
                 std::strerror(errno));
    ::_exit(127);
  }
  ::close(ends[1]);
  std::array<char, 1 << 16> buffer;
  for (;;) {
    auto n = ::read(ends[0], buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    file.write({buffer.data(), static_cast<size_t>(n)});
  }
  ::close(ends[0]);
  file.close();
  int status = 0;
  ::waitpid(id, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string load_recording(const std::string& path) {
  auto file = line_file::open(path);
  if (!file)
    throw std::runtime_error{file.error().what};
  std::string out;
  for (;;) {
    auto line = file->next();
    if (!line)
      throw std::runtime_error{line.error().what};
    if (!*line)
      return out;
    out += **line;
    out += '\n';
  }
}

std::pair<std::vector<std::string>, bool> survey(std::string_view recording) {
  struct surveyor : line_handler {
    void on_record(line_position, const record_message& record) override {
      if (record.stream == last)
        return;
      last = record.stream;
      if (std::find(names.begin(), names.end(), last) == names.end())
        names.push_back(last);
    }

    void on_message(line_position, message&& content) override {
      states = states || std::holds_alternative<state_message>(content);
    }

    void on_text(line_position, std::string_view) override {}

    void on_fault(line_position, std::string_view, const json_fault&) override {
    }

    std::string last;
    std::vector<std::string> names;
    bool states = false;
  } seen;

  line_parser parser;
  // In pieces of whole lines, each a padded copy.
  while (!recording.empty()) {
    auto end = recording.rfind('\n', 1 << 20);
    if (recording.size() <= (1u << 20) || end == std::string_view::npos)
      end = recording.size() - 1;
    std::string piece{recording.substr(0, end + 1)};
    recording.remove_prefix(end + 1);
    auto size = piece.size();
    piece.append(line_parser::padding, '\0');
    parser.parse({piece.data(), size}, seen);
  }
  return {seen.names, seen.states};
}

} // namespace motorcade::bench
