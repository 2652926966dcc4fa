#include "runtime/process/packed_plan.hpp"

#include <cstring>

namespace motorcade {

namespace {

/// Writes numbers and texts one behind the other.
class packer {
public:
  void put(uint64_t number) {
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    out.append(bytes, sizeof bytes);
  }

  void put(const std::string& text) {
    put(text.size());
    out += text;
  }

  void put(const std::vector<std::string>& list) {
    put(list.size());
    for (const auto& text : list)
      put(text);
  }

  void put(const kept_program& program) {
    put(program.path);
    put(program.arguments);
    put(program.environment);
    put(program.folder);
  }

  std::string out;
};

/// Reads them back.
class unpacker {
public:
  explicit unpacker(std::string_view bytes) : rest_{bytes} {}

  void take(uint64_t& number) {
    if (rest_.size() < sizeof number) {
      good_ = false;
      return;
    }
    std::memcpy(&number, rest_.data(), sizeof number);
    rest_.remove_prefix(sizeof number);
  }

  void take(std::string& text) {
    uint64_t size = 0;
    take(size);
    if (size > rest_.size()) {
      good_ = false;
      return;
    }
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }

  void take(std::vector<std::string>& list) {
    uint64_t count = 0;
    take(count);
    for (uint64_t i = 0; good_ && i < count; ++i)
      take(list.emplace_back());
  }

  void take(kept_program& program) {
    take(program.path);
    take(program.arguments);
    take(program.environment);
    take(program.folder);
  }

  /// @returns whether all was there, and nothing else.
  bool whole() const { return good_ && rest_.empty(); }

private:
  std::string_view rest_;
  bool good_ = true;
};

} // namespace

std::string pack_plan(const keeper_plan& plan) {
  packer to;
  to.put(plan.connector);
  to.put(plan.sidecar);
  to.put(plan.pipes);
  to.put(plan.limits.memory_bytes);
  to.put(plan.limits.cpu_seconds);
  to.put(plan.limits.open_files);
  to.put(static_cast<uint64_t>(plan.grace.count()));
  return std::move(to.out);
}

std::optional<keeper_plan> unpack_plan(std::string_view bytes) {
  keeper_plan plan;
  uint64_t grace = 0;
  unpacker from{bytes};
  from.take(plan.connector);
  from.take(plan.sidecar);
  from.take(plan.pipes);
  from.take(plan.limits.memory_bytes);
  from.take(plan.limits.cpu_seconds);
  from.take(plan.limits.open_files);
  from.take(grace);
  plan.grace = std::chrono::milliseconds{grace};
  return from.whole() ? std::optional{std::move(plan)} : std::nullopt;
}

} // namespace motorcade
