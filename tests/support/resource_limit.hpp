#pragma once

#include <sys/resource.h>

namespace motorcade::support {

/// Lowers one of this process's soft limits while it lives.
class resource_limit {
public:
  resource_limit(__rlimit_resource what, rlim_t limit) : what_{what} {
    ::getrlimit(what_, &before_);
    auto lowered = before_;
    lowered.rlim_cur = limit;
    ::setrlimit(what_, &lowered);
  }

  ~resource_limit() { ::setrlimit(what_, &before_); }

  resource_limit(const resource_limit&) = delete;
  resource_limit& operator=(const resource_limit&) = delete;

private:
  __rlimit_resource what_;
  rlimit before_ = {};
};

} // namespace motorcade::support
