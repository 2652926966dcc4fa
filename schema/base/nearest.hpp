#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns how many bytes must be inserted, deleted, replaced or swapped with
/// their neighbour to make `b` of `a`; more than `most` if it takes more
/// than that. Case counts.
size_t edit_distance(std::string_view a, std::string_view b, size_t most);

/// Finds the name that was probably meant by `wanted`.
///
/// Of names that differ in nothing but the case of A to Z and in `_`, `-`, `.`
/// and spaces, one is always found, e.g. `syncId` for `sync_id`. Then a name
/// that lacks a qualifier before a dot, or has one too many: `users` and
/// `public.users`. Then the one with the fewest typing errors, as long as they
/// are at most a third of it.
/// @returns the index in `known`; the first of several that are equally near.
/// Nothing if none is near enough, or if `wanted` is among them.
std::optional<size_t> find_nearest(std::string_view wanted,
                                   std::span<const std::string> known);

/// @returns `, did you mean "x"?` for the nearest name, in `excerpt`'s form;
/// empty if there is none.
std::string did_you_mean(std::string_view wanted,
                         std::span<const std::string> known);

} // namespace motorcade
