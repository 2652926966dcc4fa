#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// @returns the text of page.html.
std::string_view page_html();

/// The page for people, one document with its style and script in it.
struct page_document {
  std::string_view html;
  /// Its ETag.
  std::string tag;
  /// Its Content-Security-Policy. It allows only the styles and scripts in the
  /// page, no other hosts, and no text made HTML.
  std::string policy;
};

/// @returns the page that is compiled into the program.
const page_document& web_page();

} // namespace motorcade
