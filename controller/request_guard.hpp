#pragma once

#include "controller/exposure.hpp"
#include "runtime/http/server/http_head.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Keeps web pages of others out: a browser sends what any page asks for, with
/// the rights of whoever sits before it. Programs send none of the headers that
/// are looked at here, and notice nothing.
///
/// Everywhere, a request is refused
/// - whose `Origin` is not the origin that it is sent to. That is the scheme,
///   host and port that the browser sees: `http` and `Host`, or what a proxy
///   says of them in `X-Forwarded-Proto` and `X-Forwarded-Host`. A page cannot
///   send these two unasked.
/// - whose `Sec-Fetch-Site` says that another site, or another origin of the
///   same site, has caused it.
///
/// Where there are no tokens, also a request
/// - whose `Host` is a name that somebody else may have pointed here (DNS
///   rebinding): outside of a Pod only names of this machine itself are taken,
///   and addresses where `exposure::anonymous` lets others in.
/// - that is a POST with a `Content-Type` that a browser sends without asking:
///   `text/plain` and the two kinds of forms. `curl --data` declares JSON as a
///   form, too: that kind is taken from a client whose `User-Agent` is no
///   browser's. A page cannot change that header without asking first.
/// @param headers With names in lower case.
/// @returns why the request is refused, for a person; nothing: it is not.
std::optional<std::string> refuse_request(std::string_view method,
                                          const http_fields& headers,
                                          exposure open_to);

} // namespace motorcade
