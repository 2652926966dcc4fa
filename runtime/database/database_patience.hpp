#pragma once

#include <chrono>

namespace motorcade {

/// How long a database on the network may take. A server that hangs keeps its
/// connection up and says nothing: without limits of ours a call would wait for
/// it for ever.
struct database_patience {
  /// For a connection, of each address; what the URL says counts.
  std::chrono::seconds connect{10};
  /// For one call. The server is asked to end a statement that takes longer
  /// (unless role or URL have a `statement_timeout`), and a second later the
  /// connection is given up.
  std::chrono::seconds call{300};
};

} // namespace motorcade
