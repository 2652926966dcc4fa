#include "runtime/destination/tables/row_index.hpp"

#include <simdjson.h>

#include <cstring>
#include <new>

namespace motorcade {

struct row_index::first_stage {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::unique_ptr<char[]> text;
  size_t capacity = 0;
};

row_index::row_index() : stage_{std::make_unique<first_stage>()} {
  const auto code =
      simdjson::get_active_implementation()->create_dom_parser_implementation(
          64, 1, stage_->parser);
  if (code != simdjson::SUCCESS)
    throw std::bad_alloc{};
}

row_index::~row_index() = default;
row_index::row_index(row_index&&) noexcept = default;
row_index& row_index::operator=(row_index&&) noexcept = default;

const char* row_index::base() const noexcept {
  return stage_->text.get();
}

bool row_index::index(std::string_view rows) {
  auto& stage = *stage_;
  count_ = 0;
  if (rows.empty())
    return true;
  // The memory of one very long row is not kept for ever.
  constexpr size_t usual = 4u << 20;
  const auto give_back = stage.capacity > usual && rows.size() <= usual;
  if (rows.size() > stage.capacity || give_back) {
    stage.text = std::make_unique_for_overwrite<char[]>(
        rows.size() + simdjson::SIMDJSON_PADDING);
    stage.capacity = rows.size();
    if (stage.parser->set_capacity(rows.size()) != simdjson::SUCCESS)
      throw std::bad_alloc{};
  }
  std::memcpy(stage.text.get(), rows.data(), rows.size());
  std::memset(stage.text.get() + rows.size(), 0, simdjson::SIMDJSON_PADDING);
  const auto code =
      stage.parser->stage1(reinterpret_cast<const uint8_t*>(stage.text.get()),
                           rows.size(), simdjson::stage1_mode::regular);
  count_ = code == simdjson::SUCCESS ? stage.parser->n_structural_indexes : 0;
  at_ = stage.parser->structural_indexes.get();
  return code == simdjson::SUCCESS || code == simdjson::EMPTY;
}

} // namespace motorcade
