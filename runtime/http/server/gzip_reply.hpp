#pragma once

#include "runtime/http/server/http_server.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// @param accepted The header Accept-Encoding; empty: there was none.
/// @returns whether the client takes gzip (RFC 9110, section 12.5.3).
bool accepts_gzip(std::string_view accepted);

/// @returns the strong validator (ETag) of the compressed form of an answer
/// whose validator is `tag`.
std::string gzip_tag(const std::string& tag);

/// Compresses an answer if the client takes it so and it is worth it: texts of
/// some size, and streams that end by themselves. Lines that are followed are
/// left alone, since each is to arrive at once, and so is an answer whose
/// validator clients send back, unless it is a page.
void compress_reply(const http_fields& request_headers, http_reply& reply);

} // namespace motorcade
