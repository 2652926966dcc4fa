#include "runtime/destination/object_storage/object_link.hpp"

#include "runtime/base/text.hpp"
#include "runtime/destination/object_storage/object_trouble.hpp"
#include "runtime/http/client/retry_after.hpp"
#include "schema/base/xml_text.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

/// The most bytes of an answer that lists a thousand uploads or objects.
constexpr size_t longest_answer = 4u << 20;

/// The most pages of a list of uploads, a thousand uploads each.
constexpr int most_pages = 20;

std::string part_type() {
  return "Content-Type: application/octet-stream";
}

} // namespace

object_link::object_link(const object_storage_config& config,
                         object_patience patience)
    : config_{config}, patience_{patience} {}

void object_link::use(const interruption& stop,
                      const object_patience& patience) {
  stop_ = &stop;
  patience_ = patience;
}

api_request object_link::make(const char* method, const std::string& name,
                              const std::string& query) const {
  api_request out;
  out.method = method;
  out.url = config_.url + '/' + percent_encode_path(name)
            + (query.empty() ? "" : '?' + query);
  out.sign = &config_.keys;
  out.connect_timeout = patience_.connect;
  out.answer_timeout = patience_.answer;
  out.longest_answer = longest_answer;
  return out;
}

result<api_answer> object_link::send(api_request request) {
  code_.clear();
  retry_after_.reset();
  request.go_on = [this] {
    return stop_ == nullptr || !stop_->raised();
  };
  if (request.streamed != nullptr)
    request.silence_timeout =
        std::max(std::chrono::ceil<std::chrono::seconds>(patience_.stall),
                 std::chrono::seconds{1});
  auto answer = client_.send(request);
  if (!answer) {
    const auto stopped = stop_ != nullptr && stop_->raised();
    return failure{stopped ? ec::cancelled : ec::destination_unavailable,
                   config_.scheme + "://" + config_.bucket + " at "
                       + answer.error().what};
  }
  if (!answer->fine())
    return refuse(*answer);
  return answer;
}

failure object_link::refuse(const api_answer& answer) {
  code_ = code_of_refusal(answer.body);
  retry_after_ = parse_retry_after(answer.retry_after);
  return to_failure({config_.scheme + "://" + config_.bucket,
                     host_of(config_.url), answer.status, answer.body});
}

result<void> object_link::put(const std::string& name, const api_body& body) {
  auto request = make("PUT", name);
  request.headers = {"Content-Type: " + config_.media_type()};
  request.streamed = &body;
  auto answer = send(std::move(request));
  if (!answer)
    return answer.error();
  // Every store gives an object a tag; a page of a proxy has none.
  return answer->etag.empty() ? result<void>{refuse(*answer)} : result<void>{};
}

result<std::string> object_link::begin_parts(const std::string& name) {
  auto request = make("POST", name, "uploads=");
  request.headers = {"Content-Type: " + config_.media_type()};
  auto answer = send(std::move(request));
  if (!answer)
    return answer.error();
  auto id = xml_value(answer->body, "UploadId");
  if (id.empty())
    return refuse(*answer);
  return id;
}

result<std::string> object_link::put_part(const open_upload& upload,
                                          size_t number, const api_body& body) {
  auto request = make("PUT", upload.name,
                      "partNumber=" + std::to_string(number)
                          + "&uploadId=" + percent_encode(upload.id));
  request.headers = {part_type()};
  request.streamed = &body;
  auto answer = send(std::move(request));
  if (!answer)
    return answer.error();
  if (answer->etag.empty())
    return refuse(*answer);
  return answer->etag;
}

result<void> object_link::complete(const open_upload& upload,
                                   const std::vector<std::string>& tags) {
  auto request =
      make("POST", upload.name, "uploadId=" + percent_encode(upload.id));
  request.headers = {"Content-Type: application/xml"};
  request.body = "<CompleteMultipartUpload>";
  for (size_t i = 0; i < tags.size(); ++i)
    request.body += "<Part><PartNumber>" + std::to_string(i + 1)
                    + "</PartNumber><ETag>" + xml_escape(tags[i])
                    + "</ETag></Part>";
  request.body += "</CompleteMultipartUpload>";
  auto answer = send(std::move(request));
  if (!answer)
    return answer.error();
  // The server sends the status before it knows the outcome: an answer of 200
  // may hold an error.
  if (!code_of_refusal(answer->body).empty())
    return refuse(*answer);
  // The object's tag is what servers agree upon; some call the element around
  // it …Response in place of …Result.
  if (answer->body.find("<ETag>") == std::string::npos)
    return failure{ec::destination_unavailable,
                   config_.scheme + "://" + config_.bucket + " at "
                       + host_of(config_.url)
                       + ": the answer does not say whether the object is "
                         "complete"};
  return {};
}

result<void> object_link::abort(const open_upload& upload) {
  auto request =
      make("DELETE", upload.name, "uploadId=" + percent_encode(upload.id));
  request.headers = {part_type()};
  auto answer = send(std::move(request));
  return answer || code_ == "NoSuchUpload" ? result<void>{} : answer.error();
}

result<std::vector<open_upload>>
object_link::open_uploads(const std::string& beginning) {
  std::vector<open_upload> out;
  std::string name;
  std::string id;
  for (int page = 0; page < most_pages; ++page) {
    // The parameters are in the order that a signature wants: by name.
    auto query =
        (name.empty() ? "" : "key-marker=" + percent_encode(name) + '&')
        + "prefix=" + percent_encode(beginning)
        + (id.empty() ? "" : "&upload-id-marker=" + percent_encode(id))
        + "&uploads=";
    auto answer = send(make("GET", {}, query));
    if (!answer)
      return answer.error();
    for (const auto& upload : xml_elements(answer->body, "Upload"))
      out.push_back({xml_value(upload, "Key"), xml_value(upload, "UploadId")});
    name = xml_value(answer->body, "NextKeyMarker");
    id = xml_value(answer->body, "NextUploadIdMarker");
    if (xml_value(answer->body, "IsTruncated") != "true" || name.empty())
      break;
  }
  return out;
}

result<std::vector<std::string>>
object_link::names(const std::string& beginning) {
  auto answer = send(
      make("GET", {},
           "list-type=2&max-keys=1000&prefix=" + percent_encode(beginning)));
  if (!answer)
    return answer.error();
  std::vector<std::string> out;
  for (const auto& object : xml_elements(answer->body, "Contents"))
    out.push_back(xml_value(object, "Key"));
  return out;
}

result<void> object_link::remove(const std::string& name) {
  auto request = make("DELETE", name);
  request.headers = {part_type()};
  auto answer = send(std::move(request));
  return answer || code_ == "NoSuchKey" ? result<void>{} : answer.error();
}

} // namespace motorcade
