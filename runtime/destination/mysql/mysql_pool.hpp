#pragma once

#include "runtime/destination/mysql/mysql_link.hpp"
#include "runtime/destination/warehouse/link_pool.hpp"

#include <memory>

namespace motorcade {

using mysql_pool = link_pool<mysql_link, mysql_config>;
using mysql_pool_ptr = std::shared_ptr<mysql_pool>;

} // namespace motorcade
