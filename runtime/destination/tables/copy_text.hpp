#pragma once

#include "runtime/destination/tables/wire_format.hpp"

#include <string>

namespace motorcade {

/// The text format of Postgres's COPY: cells are separated by tabs, `\N` is
/// null, backslash escapes itself and control characters.
/// https://www.postgresql.org/docs/15/sql-copy.html
class copy_text final : public wire_format {
public:
  void begin_row(wire_buffer&) override { first_ = true; }

  void put(wire_buffer& out, const cell& value) override;

  void put_null(wire_buffer& out) override;

  void end_row(wire_buffer& out) override { out.append('\n'); }

private:
  void separate(wire_buffer& out) {
    if (!first_)
      out.append('\t');
    first_ = false;
  }

  bool first_ = true;
  std::string decoded_;
};

} // namespace motorcade
