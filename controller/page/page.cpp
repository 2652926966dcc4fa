#include "controller/page/page.hpp"

#include "runtime/base/digest.hpp"
#include "schema/base/base64.hpp"

namespace motorcade {

namespace {

/// @returns the source expression for the text between the element's tags
/// (Content Security Policy Level 3, 2.3.1).
std::string hash_source(std::string_view html, std::string_view element) {
  auto open = "<" + std::string{element} + ">";
  auto start = html.find(open) + open.size();
  auto text = html.substr(
      start, html.find("</" + std::string{element} + ">", start) - start);
  return "'sha256-" + to_base64(sha256(text)) + "'";
}

} // namespace

const page_document& web_page() {
  static const auto whole = [] {
    auto html = page_html();
    return page_document{
        html, '"' + sha256_hex(html).substr(0, 32) + '"',
        "default-src 'none'; script-src " + hash_source(html, "script")
            + "; style-src " + hash_source(html, "style")
            + "; connect-src 'self'; img-src data:; base-uri 'none'; "
              "form-action 'none'; frame-ancestors 'none'; "
              "require-trusted-types-for 'script'; trusted-types 'none'"};
  }();
  return whole;
}

} // namespace motorcade
