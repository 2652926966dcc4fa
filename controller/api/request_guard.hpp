#pragma once

#include "controller/api/exposure.hpp"
#include "runtime/http/server/http_head.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Refuses requests that a web page of another origin has caused: a browser
/// sends the requests of any page with its user's rights. Programs send none of
/// the headers that are checked here.
///
/// Everywhere, a request is refused
/// - whose `Origin` is not the origin that it is sent to. That is the scheme,
///   host and port that the browser sees: `http` and `Host`, or their values at
///   a proxy, in `X-Forwarded-Proto` and `X-Forwarded-Host`. A page cannot send
///   these two without permission.
/// - whose `Sec-Fetch-Site` names another site, or another origin of the same
///   site, as its cause.
///
/// Without tokens also a request
/// - whose `Host` is a name that a stranger may have pointed to this machine
///   (DNS rebinding): outside of a Pod only names of this machine itself are
///   taken, and addresses for `exposure::anonymous`.
/// - that is a POST with a `Content-Type` that a browser sends without asking:
///   `text/plain` and the two kinds of forms. `curl --data` declares JSON as a
///   form, too: that kind is taken from a client whose `User-Agent` is no
///   browser's. A page cannot change that header without asking first.
/// @param headers With names in lower case.
/// @returns the reason of a refusal, for a person; nothing: the request is not
/// refused.
std::optional<std::string> refuse_request(std::string_view method,
                                          const http_fields& headers,
                                          exposure open_to);

/// Refuses a GET that starts or ends something, if a page may have caused it:
/// without tokens such a request of a browser must say by `Sec-Fetch-Site` that
/// no other origin caused it. A browser sends neither that header nor `Origin`
/// with a GET to a plain http address that is not a loopback one, e.g. for an
/// image of any page.
/// Precondition: `refuse_request` did not refuse the request.
/// @returns as `refuse_request`.
std::optional<std::string> refuse_acting_get(const http_fields& headers,
                                             exposure open_to);

} // namespace motorcade
