#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns the insides of all elements of that name, as they stand in the
/// text, in its order. Elements of one name must not lie in each other, and
/// have no attributes: Amazon's answers are so.
std::vector<std::string_view> xml_elements(std::string_view xml,
                                           std::string_view name);

/// @returns the text of the first element of that name, its entities replaced;
/// empty if there is none.
std::string xml_value(std::string_view xml, std::string_view name);

/// @returns the text as the inside of an element.
std::string xml_escape(std::string_view text);

} // namespace motorcade
