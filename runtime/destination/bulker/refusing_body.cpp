#include "runtime/destination/bulker/refusing_body.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace motorcade {

namespace {

using json = nlohmann::json;

/// Hears the tokens of a document, in their order, until one of them decides
/// or is wrong; each member that returns false ends the reading.
class refusal_listener final : public json::json_sax_t {
public:
  /// @returns whether the object says no, as far as it was heard.
  bool refused() const noexcept { return refused_ || member_ == member::error; }

  bool null() override { return pass(); }

  bool boolean(bool value) override {
    if (member_ == member::ok && !value)
      return refuse();
    return member_ == member::error && value ? refuse() : pass();
  }

  bool number_integer(number_integer_t) override { return any(); }

  bool number_unsigned(number_unsigned_t) override { return any(); }

  bool number_float(number_float_t, const string_t&) override { return any(); }

  bool string(string_t& value) override {
    return value.empty() ? pass() : any();
  }

  bool binary(binary_t&) override { return any(); }

  bool start_object(size_t) override { return begin(); }

  bool end_object() override { return end(); }

  bool start_array(size_t) override { return depth_ > 0 && begin(); }

  bool end_array() override { return end(); }

  bool key(string_t& name) override {
    if (depth_ == 1)
      member_ = name == "ok"      ? member::ok
                : name == "error" ? member::error
                                  : member::other;
    return true;
  }

  bool parse_error(size_t, const std::string&,
                   const json::exception&) override {
    return false;
  }

private:
  enum class member { other, ok, error };

  /// Notes that the value of the member was heard.
  bool pass() {
    member_ = member::other;
    return true;
  }

  bool refuse() {
    refused_ = true;
    return false;
  }

  /// Takes a value that an `error` has only if there is one.
  bool any() { return member_ == member::error ? refuse() : pass(); }

  bool begin() {
    ++depth_;
    return any();
  }

  bool end() {
    --depth_;
    return true;
  }

  size_t depth_ = 0;
  member member_ = member::other;
  bool refused_ = false;
};

} // namespace

bool says_no(std::string_view body) {
  refusal_listener listener;
  json::sax_parse(body.begin(), body.end(), &listener);
  return listener.refused();
}

} // namespace motorcade
