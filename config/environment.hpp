#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// The source of settings: a variable's value, or nothing if it is not set. The
/// function must not throw.
using environment = std::function<std::optional<std::string>(std::string_view)>;

using variables = std::map<std::string, std::string, std::less<>>;

/// @returns an environment that holds these variables and no others.
environment make_environment(variables values);

/// @returns the variables of this process as they are now; later changes to
/// them are not seen. Not safe while another thread changes them.
environment process_environment();

/// @returns an environment in which `first` wins and `second` fills in. An
/// empty value of `first` counts.
environment override_environment(environment first, environment second);

/// @returns the same, but an empty value of `first` does not count.
environment fill_in_environment(environment first, environment second);

} // namespace motorcade
