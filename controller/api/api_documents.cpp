#include "controller/api/api_documents.hpp"

#include "schema/base/trim.hpp"
#include "schema/catalog/destination_kind.hpp"
#include "schema/json/bad_value.hpp"
#include "schema/json/document_shape.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

#include <string>

namespace motorcade {

namespace {

/// Takes members out of the body and remembers what is wrong with them.
class member_reader {
public:
  explicit member_reader(std::string_view body) : body_{body} {}

  /// @returns the member; nothing if there is none.
  std::optional<json_view> find(std::string_view name, bool required) {
    auto value = body_.find(name);
    if (value && !value->is_null())
      return value;
    if (required)
      missing_ += (missing_.empty() ? "" : ", ") + std::string{name};
    return {};
  }

  std::string object(std::string_view name, bool required) {
    auto value = find(name, required);
    if (value && !value->is_object())
      refuse(name, "must be an object");
    return value ? std::string{value->raw()} : std::string{};
  }

  void refuse(std::string_view name, std::string_view why) {
    if (fault_.empty())
      fault_ = "the body's " + std::string{name} + ' ' + std::string{why};
  }

  std::optional<http_reply> refusal() const {
    if (!missing_.empty())
      return http_error(400, "the body lacks: " + missing_, "wrong_body");
    if (!fault_.empty())
      return http_error(400, fault_, "wrong_body");
    return {};
  }

private:
  json_view body_;
  std::string missing_;
  std::string fault_;
};

http_reply wrong_body(const std::string& why) {
  return http_error(400, "the body " + why, "wrong_body");
}

} // namespace

std::optional<http_reply> check_object_body(std::string_view body) {
  if (is_blank(body))
    return wrong_body("is empty, it must be a JSON object");
  if (auto encoding = find_foreign_encoding(body))
    return wrong_body("is not JSON: " + *encoding);
  if (nests_deeper(body, max_document_depth))
    return wrong_body("nests deeper than " + std::to_string(max_document_depth)
                      + " levels");
  if (auto fault = check_json(body))
    return wrong_body("is not JSON: " + fault->what + " at byte "
                      + std::to_string(fault->offset));
  if (!json_view{body}.is_object())
    return wrong_body("must be a JSON object");
  return {};
}

std::optional<http_reply> take_documents(std::string_view body,
                                         task_request& task) {
  if (auto no = check_object_body(body))
    return no;
  member_reader from{body};
  if (task.command == "check" || task.command == "read")
    task.destination_config = from.object("destinationConfig", false);
  task.config = from.object("config", task.command != "check"
                                          || task.destination_config.empty());
  if (task.command == "read") {
    task.catalog = from.object("catalog", true);
    if (auto state = from.find("state", false)) {
      if (!state->is_object() && !state->is_array())
        from.refuse("state", "must be an object or an array");
      task.state = state->raw();
    }
  }
  if (auto no = from.refusal())
    return no;
  // It is read, and a relative path in it put in place.
  if (const auto bad = find_bad_value(task.destination_config))
    return http_error(400, "the body's destinationConfig: " + to_text(*bad),
                      "wrong_body");
  const auto kind = kind_of_destination(task.destination_config);
  if (!kind)
    return http_error(422, kind.error().what);
  if (task.command == "check" && *kind == destination_kind::unsaid
      && !task.destination_config.empty())
    return http_error(400,
                      "the body's destinationConfig has no destinationType, so "
                      "there is nothing to try",
                      "wrong_body");
  return std::nullopt;
}

} // namespace motorcade
