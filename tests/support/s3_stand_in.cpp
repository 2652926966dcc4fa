#include "support/s3_stand_in.hpp"

#include "runtime/base/text.hpp"
#include "support/aws_signature.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <stdexcept>

namespace motorcade::support {

namespace {

constexpr size_t least_part = 5u << 20;

std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += c == '&'    ? "&amp;"
           : c == '<'  ? "&lt;"
           : c == '"'  ? "&quot;"
           : c == '\'' ? "&#39;"
                       : std::string(1, c);
  return out;
}

std::string element(const std::string& name, const std::string& inside) {
  return "<" + name + ">" + inside + "</" + name + ">";
}

std::string document(const std::string& name, const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + name
         + " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + inside + "</"
         + name + ">";
}

std::string error_document(const std::string& code, const std::string& more) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         + element("Error", element("Code", code)
                                + element("Message", "the words for " + code)
                                + more + element("RequestId", "1"));
}

/// `20260131T235959Z`
std::time_t time_of(const std::string& date) {
  std::tm parts = {};
  if (::strptime(date.c_str(), "%Y%m%dT%H%M%SZ", &parts) == nullptr)
    throw std::runtime_error{"no date: " + date};
  return ::timegm(&parts);
}

/// @returns the insides of all elements of that name.
std::vector<std::string> insides(const std::string& xml,
                                 const std::string& name) {
  std::vector<std::string> out;
  for (size_t at = 0;
       (at = xml.find("<" + name + ">", at)) != std::string::npos;) {
    at += name.size() + 2;
    const auto end = xml.find("</" + name + ">", at);
    out.push_back(xml.substr(at, end - at));
  }
  return out;
}

std::string unquote(std::string text) {
  for (size_t at = 0; (at = text.find("&quot;", at)) != std::string::npos;)
    text.replace(at, 6, "\"");
  return text;
}

} // namespace

struct s3_stand_in::call {
  request_head head;
  std::string target;
  std::string operation;
  /// Of the object; of lists none.
  std::string name;
  std::string body;
};

struct s3_stand_in::reply {
  long status = 200;
  std::string body;
  std::string etag;
};

std::map<std::string, s3_object> s3_stand_in::objects() const {
  std::lock_guard lock{mutex_};
  return objects_;
}

std::optional<std::string> s3_stand_in::object(const std::string& name) const {
  std::lock_guard lock{mutex_};
  const auto found = objects_.find(name);
  return found == objects_.end() ? std::nullopt
                                 : std::optional{found->second.bytes};
}

std::vector<std::string> s3_stand_in::open_uploads() const {
  std::lock_guard lock{mutex_};
  std::vector<std::string> out;
  for (const auto& [id, upload] : uploads_)
    out.push_back(upload.name);
  return out;
}

std::vector<std::string> s3_stand_in::requests() const {
  std::lock_guard lock{mutex_};
  return requests_;
}

size_t s3_stand_in::count(const std::string& operation) const {
  std::lock_guard lock{mutex_};
  return static_cast<size_t>(
      std::count_if(requests_.begin(), requests_.end(), [&](const auto& one) {
        return one.starts_with(operation + " ");
      }));
}

void s3_stand_in::leave_upload(const std::string& name) {
  std::lock_guard lock{mutex_};
  uploads_["left&" + std::to_string(++number_)] = {name, {}, {}};
}

void s3_stand_in::put(const std::string& name, const std::string& bytes) {
  std::lock_guard lock{mutex_};
  objects_[name] = {bytes, {}, ++number_};
}

void s3_stand_in::add_fault(s3_fault fault) {
  std::lock_guard lock{mutex_};
  faults_.push_back(std::move(fault));
}

void s3_stand_in::deny(const std::string& operation) {
  std::lock_guard lock{mutex_};
  denied_.insert(operation);
}

bool s3_stand_in::await(const std::string& operation, size_t times) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, std::chrono::minutes{1}, [&] {
    return std::count_if(requests_.begin(), requests_.end(),
                         [&](const auto& one) {
                           return one.starts_with(operation + " ");
                         })
           >= static_cast<std::ptrdiff_t>(times);
  });
}

std::optional<s3_fault> s3_stand_in::next_fault(const std::string& operation) {
  for (auto at = faults_.begin(); at != faults_.end(); ++at) {
    if (at->operation != operation)
      continue;
    if (at->skip > 0) {
      --at->skip;
      return {};
    }
    auto out = *at;
    if (--at->times == 0)
      faults_.erase(at);
    return out;
  }
  return {};
}

void s3_stand_in::serve(http_wire& wire) {
  while (auto head = wire.read_head())
    if (!handle(wire, *head))
      return;
}

bool s3_stand_in::handle(http_wire& wire, const request_head& head) {
  call request{head, head.path, {}, {}, {}};
  for (const auto& [name, value] : head.query)
    request.target += (request.target == head.path ? "?" : "&")
                      + percent_encode(name) + "=" + percent_encode(value);
  const auto has = [&](const std::string& name) {
    return std::any_of(head.query.begin(), head.query.end(),
                       [&](const auto& one) { return one.first == name; });
  };
  const auto& method = head.method;
  request.operation = method == "GET" ? has("uploads") ? "ListUploads" : "List"
                      : method == "PUT"  ? has("partNumber") ? "Part" : "Put"
                      : method == "POST" ? has("uploads") ? "Begin" : "Complete"
                      : method == "DELETE"
                          ? has("uploadId") ? "Abort" : "Delete"
                          : "?";
  const auto below = "/" + std::string{bucket} + "/";
  if (head.path.starts_with(below))
    request.name = percent_decode(head.path.substr(below.size())).value_or("?");
  if (head.header("expect") == "100-continue"
      && !wire.send("HTTP/1.1 100 Continue\r\n\r\n"))
    return false;
  const auto limit = http_wire::clock::now() + std::chrono::minutes{1};
  if (!wire.read_body(head, limit, [&](std::string_view bytes) {
        request.body += bytes;
        return true;
      }))
    return false;
  using kind = s3_fault::kind;
  reply out;
  std::optional<s3_fault> fault;
  {
    std::lock_guard lock{mutex_};
    fault = next_fault(request.operation);
    if (fault && fault->what == kind::cut) {
      // Nothing is done.
    } else if (auto refusal = refuse(request)) {
      out = *refusal;
    } else if (fault && fault->what == kind::answer) {
      out = {fault->status, error_document(fault->code, {}), {}};
    } else if (fault && fault->what == kind::error_in_200) {
      out.body = "  \n" + error_document(fault->code, {});
    } else if (!fault || fault->what == kind::lost_answer) {
      out = carry_out(request);
    }
    requests_.push_back(request.operation + " " + request.name);
    changed_.notify_all();
  }
  if (fault && fault->what == kind::mute) {
    wire.wait_for_end();
    return false;
  }
  if (fault && (fault->what == kind::cut || fault->what == kind::lost_answer)) {
    wire.reset();
    return false;
  }
  auto text = "HTTP/1.1 " + std::to_string(out.status)
              + " x\r\nContent-Length: " + std::to_string(out.body.size());
  if (!out.etag.empty())
    text += "\r\nETag: " + out.etag;
  if (fault && !fault->retry_after.empty())
    text += "\r\nRetry-After: " + fault->retry_after;
  return wire.send(text + "\r\n\r\n" + out.body);
}

/// The rules for any request.
std::optional<s3_stand_in::reply> s3_stand_in::refuse(const call& request) {
  const auto error = [](long status, const std::string& code,
                        const std::string& more = {}) {
    return reply{status, error_document(code, more), {}};
  };
  const auto& head = request.head;
  const auto authorization = head.header("authorization");
  if (authorization.empty())
    return error(403, "AccessDenied");
  const auto credential =
      test::part_of_authorization(authorization, "Credential");
  if (!credential.starts_with(std::string{key_id} + "/"))
    return error(403, "InvalidAccessKeyId",
                 element("AWSAccessKeyId", credential));
  if (credential.find("/" + std::string{region} + "/s3/aws4_request")
      == std::string::npos)
    return error(400, "AuthorizationHeaderMalformed",
                 element("Region", region));
  const auto digest = head.header("x-amz-content-sha256");
  const auto names =
      ";" + test::part_of_authorization(authorization, "SignedHeaders") + ";";
  for (const auto& [name, value] : head.headers)
    if ((name == "host" || name.starts_with("x-amz-"))
        && names.find(";" + name + ";") == std::string::npos)
      return error(403, "AccessDenied");
  const auto right = test::aws_signature(
      {head.method, request.target, head.headers, digest}, secret);
  if (authorization.find("Signature=" + right) == std::string::npos)
    return error(403, "SignatureDoesNotMatch");
  if (std::abs(
          std::difftime(time_of(head.header("x-amz-date")), std::time(nullptr)))
      > 900)
    return error(403, "RequestTimeTooSkewed");
  if (digest != test::sha256_digits(request.body))
    return error(400, "XAmzContentSHA256Mismatch");
  if (!request.head.path.starts_with("/" + std::string{bucket} + "/"))
    return error(404, "NoSuchBucket");
  if (denied_.count(request.operation) > 0)
    return error(403, "AccessDenied");
  return {};
}

s3_stand_in::reply s3_stand_in::carry_out(const call& request) {
  const auto& name = request.name;
  const auto id = request.head.query_value("uploadId");
  const auto type = request.head.header("content-type");
  if (request.operation == "List" || request.operation == "ListUploads")
    return list(request);
  if (request.operation == "Delete") {
    objects_.erase(name);
    return {204, {}, {}};
  }
  if (request.operation == "Put") {
    objects_[name] = {request.body, type, ++number_};
    return {200, {}, "\"" + test::sha256_digits(request.body) + "\""};
  }
  if (request.operation == "Begin") {
    // An id with all that must be escaped somewhere.
    const auto made = "up/load+" + std::to_string(++number_) + "&=";
    uploads_[made] = {name, type, {}};
    return {200,
            document("InitiateMultipartUploadResult",
                     element("Key", escape(name))
                         + element("UploadId", escape(made))),
            {}};
  }
  const auto found = uploads_.find(id);
  if (found == uploads_.end() || found->second.name != name)
    return {404, error_document("NoSuchUpload", {}), {}};
  if (request.operation == "Abort") {
    uploads_.erase(found);
    return {204, {}, {}};
  }
  if (request.operation == "Complete")
    return complete(request);
  const auto number = std::stoi(request.head.query_value("partNumber"));
  if (number < 1 || number > 10'000)
    return {400, error_document("InvalidArgument", {}), {}};
  const auto tag = "\"" + test::sha256_digits(request.body) + "\"";
  found->second.parts[number] = {tag, request.body};
  return {200, {}, tag};
}

s3_stand_in::reply s3_stand_in::complete(const call& request) {
  const auto error = [](const std::string& code) {
    return reply{400, error_document(code, {}), {}};
  };
  const auto found = uploads_.find(request.head.query_value("uploadId"));
  const auto numbers = insides(request.body, "PartNumber");
  const auto tags = insides(request.body, "ETag");
  if (numbers.empty() || numbers.size() != tags.size())
    return error("MalformedXML");
  std::string bytes;
  int last = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto number = std::stoi(numbers[i]);
    const auto part = found->second.parts.find(number);
    if (number <= last)
      return error("InvalidPartOrder");
    last = number;
    if (part == found->second.parts.end()
        || part->second.first != unquote(tags[i]))
      return error("InvalidPart");
    if (part->second.second.size() < least_part && i + 1 < numbers.size())
      return error("EntityTooSmall");
    bytes += part->second.second;
  }
  objects_[request.name] = {std::move(bytes), found->second.media_type,
                            ++number_};
  uploads_.erase(found);
  return {200,
          document("CompleteMultipartUploadResult",
                   element("Key", escape(request.name))
                       + element("ETag", escape("\"" + std::to_string(number_)
                                                + "-1\""))),
          {}};
}

s3_stand_in::reply s3_stand_in::list(const call& request) const {
  const auto prefix = request.head.query_value("prefix");
  std::string inside;
  if (request.operation == "List") {
    for (const auto& [name, object] : objects_)
      if (name.starts_with(prefix))
        inside += element("Contents", element("Key", escape(name)));
    return {200, document("ListBucketResult", inside), {}};
  }
  // A page has two, so that there are several.
  const auto marker = request.head.query_value("key-marker");
  const auto id_marker = request.head.query_value("upload-id-marker");
  std::map<std::pair<std::string, std::string>, int> sorted;
  for (const auto& [id, upload] : uploads_)
    if (upload.name.starts_with(prefix)
        && std::pair{upload.name, id} > std::pair{marker, id_marker})
      sorted[{upload.name, id}] = 0;
  size_t count = 0;
  for (const auto& [at, unused] : sorted) {
    if (++count > 2)
      break;
    inside += element("Upload", element("Key", escape(at.first))
                                    + element("UploadId", escape(at.second)));
    if (count == 2 && sorted.size() > 2)
      inside = element("NextKeyMarker", escape(at.first))
               + element("NextUploadIdMarker", escape(at.second)) + inside;
  }
  inside =
      element("IsTruncated", sorted.size() > 2 ? "true" : "false") + inside;
  return {200, document("ListMultipartUploadsResult", inside), {}};
}

} // namespace motorcade::support
