#pragma once

#include "runtime/destination/postgres/postgres_link.hpp"
#include "runtime/destination/warehouse/link_pool.hpp"

#include <memory>

namespace motorcade {

using postgres_pool = link_pool<postgres_link, postgres_config>;
using postgres_pool_ptr = std::shared_ptr<postgres_pool>;

} // namespace motorcade
