#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

// Access to trees of JSON whose members and types were not checked before.
namespace motorcade {

/// @returns the tree of a document that a connector wrote; discarded if
/// `check_json` finds it invalid. nlohmann/json refuses some valid documents:
/// here half of a surrogate pair becomes U+FFFD, and a number beyond the range
/// of doubles becomes the largest double of its sign.
nlohmann::json read_tree(std::string_view text);

/// @returns the same as `read_tree`, members in their order.
nlohmann::ordered_json read_ordered_tree(std::string_view text);

/// @returns the member; null if there is none, or `object` is no object.
const nlohmann::json& member_at(const nlohmann::json& object, const char* name);

/// @returns the member if it is an object; else an empty one.
const nlohmann::json& object_at(const nlohmann::json& object, const char* name);

/// @returns the member if it is an array; else an empty one.
const nlohmann::json& array_at(const nlohmann::json& object, const char* name);

/// @returns the member if it is a string; else an empty one.
std::string text_at(const nlohmann::json& object, const char* name);
std::string text_at(const nlohmann::ordered_json& object, const char* name);

/// @returns the member if it is a whole number; else 0.
int64_t integer_at(const nlohmann::json& object, const char* name);

/// @returns those members that are strings; nothing if `object` is no object.
std::map<std::string, std::string> texts_of(const nlohmann::json& object);

/// @returns the tree as text without blanks; bytes that are not UTF-8 become
/// U+FFFD, where the library's `dump` throws.
std::string write_json(const nlohmann::json& tree);

/// @returns the document without blanks, members in their order.
std::string write_json(const nlohmann::ordered_json& tree);

} // namespace motorcade
