#pragma once

#include <chrono>

namespace motorcade {

/// Time limits for a database on the network. A server that hangs keeps its
/// connection up and sends nothing: without limits a call would wait for ever.
struct database_patience {
  /// For connecting to each address; a limit in the URL takes precedence.
  std::chrono::seconds connect{10};
  /// For one call. The server is asked to end a statement that takes longer
  /// (unless role or URL have a `statement_timeout`), and a second later the
  /// connection is given up.
  std::chrono::seconds call{300};
};

} // namespace motorcade
