#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Masks a config that a line of log cites in a JSON object that is whole, as
/// `{"level":"error","connectorConfig":{"config":{…}}}`: the member `config`,
/// or a text in its place, becomes `***`. Secrets by their keys stay.
/// @returns nothing if the text cites a CONTROL, or cites a config otherwise:
/// then nothing behind `find_connector_config` may be shown.
std::optional<std::string> mask_cited_config(std::string_view text);

/// Follows the brackets and quotes of an object that holds a connector's config
/// over the lines of a text, to tell where it ends: JSON, and the notations of
/// Python and JavaScript. In doubt it does not end.
class open_config {
public:
  /// Reads the line in which a config begins.
  /// @param at Its place there, as `find_connector_config` has it.
  void begin(std::string_view line, size_t at);

  /// Reads the next line.
  void read(std::string_view line);

  /// @returns whether the object has ended.
  bool ended() const { return ended_; }

private:
  /// Follows brackets and quotes to the end of the text.
  void scan(std::string_view text);

  /// The quote, with its backslashes, of the string that is open; empty: none.
  std::string quote_;
  /// Brackets that were opened and not closed since the start of the first
  /// line.
  int64_t depth_ = 0;
  /// The depth at which the object has ended.
  int64_t outside_ = 0;
  bool ended_ = false;
};

/// @returns whether a line can stand by itself: it closes no brace and ends no
/// string that it does not open.
bool stands_alone(std::string_view line);

} // namespace motorcade
