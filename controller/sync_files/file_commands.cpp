#include "controller/sync_files/file_commands.hpp"

#include "controller/sync_files/sync_folder.hpp"
#include "runtime/base/text.hpp"
#include "runtime/http/client/api_client.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/sync/hidden_values.hpp"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

constexpr size_t page_size = 100;
constexpr size_t longest_answer = 64 << 20;

/// Asks the API.
/// @returns the answer's document, or the error that it holds.
result<json> ask(const api_place& api, const std::string& method,
                 const std::string& target, const std::string& body = {}) {
  api_request request;
  request.method = method;
  request.url = api.url + target;
  request.body = body;
  request.longest_answer = longest_answer;
  request.headers = {"Content-Type: application/json"};
  if (!api.token.empty())
    request.headers.push_back("Authorization: Bearer " + api.token);
  api_client client;
  const auto answer = client.send(request);
  if (!answer)
    return answer.error();
  auto tree = json::parse(answer->body, nullptr, false);
  if (answer->fine() && tree.is_object())
    return tree;
  const auto told =
      tree.is_object() && tree.contains("error") && tree["error"].is_string()
          ? tree["error"].get<std::string>()
          : "no syncctl is at this address";
  return failure{ec::service_unavailable, "answered "
                                              + std::to_string(answer->status)
                                              + ": " + excerpt(told, 500)};
}

/// @returns the text in upper case, with `_` for all but letters and digits.
std::string as_variable(std::string_view text) {
  std::string out;
  for (const auto c : text)
    out += !is_ascii_alphanumeric(c) ? '_'
           : c >= 'a' && c <= 'z'    ? static_cast<char>(c - 'a' + 'A')
                                     : c;
  return out;
}

/// Writes documents as YAML.
class document_writer {
public:
  explicit document_writer(std::vector<std::string>& variables)
      : variables_{variables} {
    out_.SetIndent(2);
  }

  void write(const json& value, const std::string& place) {
    if (value.is_object()) {
      out_ << YAML::BeginMap;
      for (const auto& [name, member] : value.items()) {
        out_ << YAML::Key;
        write_text(name);
        out_ << YAML::Value;
        write(member, place + '_' + as_variable(name));
      }
      out_ << YAML::EndMap;
    } else if (value.is_array()) {
      out_ << YAML::BeginSeq;
      for (size_t i = 0; i < value.size(); ++i)
        write(value[i], place + '_' + std::to_string(i));
      out_ << YAML::EndSeq;
    } else if (value.is_string()) {
      write_secret_or_text(value.get<std::string>(), place);
    } else if (value.is_null()) {
      out_ << YAML::Null;
    } else {
      out_ << value.dump();
    }
  }

  std::string take() { return std::string{out_.c_str()} + "\n"; }

private:
  void write_secret_or_text(const std::string& text, const std::string& place) {
    if (text == hidden_value) {
      // The names of two places may be the same, e.g. of `a-1` and `a_1`.
      auto name = place;
      for (size_t i = 2; std::find(variables_.begin(), variables_.end(), name)
                         != variables_.end();
           ++i)
        name = place + '_' + std::to_string(i);
      variables_.push_back(name);
      write_text("${" + name + "}");
      return;
    }
    std::string escaped;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{')
        escaped += '$';
      escaped += text[i];
    }
    write_text(escaped);
  }

  /// Writes a text in quotes, so that it stays a text.
  void write_text(const std::string& text) {
    out_ << YAML::DoubleQuoted << text;
  }

  YAML::Emitter out_;
  std::vector<std::string>& variables_;
};

/// Writes the file of one sync.
/// @param variables Those of all files so far: each secret has its own.
void export_sync(const std::string& folder, const json& sync,
                 std::vector<std::string>& variables, command_outcome& out) {
  const auto id = sync.value("syncId", "");
  if (!sync.contains("definition") || !sync["definition"].is_object()) {
    out.faults.push_back(id + ": its definition cannot be read");
    return;
  }
  if (id.empty() || id.front() == '.' || id.find('/') != std::string::npos) {
    out.faults.push_back(excerpt(id) + ": no file can have that name");
    return;
  }
  if (const auto why = sync.find("configHidden");
      why != sync.end() && why->is_string()) {
    out.faults.push_back(id
                         + ": not written, since its config is hidden whole: "
                         + why->get<std::string>());
    return;
  }
  const auto path = folder + '/' + id + ".yaml";
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    out.faults.push_back(path + " is there already");
    return;
  }
  const auto earlier = variables.size();
  const auto text = write_sync_document(write_json(sync["definition"]),
                                        as_variable(id), variables);
  std::ofstream file{path, std::ios::binary};
  file << text << std::flush;
  if (!file) {
    out.faults.push_back(path + " cannot be written");
    return;
  }
  auto line = path;
  for (auto i = earlier; i < variables.size(); ++i)
    line += (i == earlier ? "; needs " : ", ") + variables[i];
  out.done.push_back(line);
}

/// @returns a listed sync with its whole definition. A list cuts large ones,
/// so these are asked for.
result<json> whole_of(const json& listed, const api_place& api) {
  if (!listed.value("definitionCut", false))
    return listed;
  const auto id = listed.value("syncId", "");
  auto whole = ask(api, "GET", "/syncs/" + percent_encode(id));
  if (!whole)
    return failure{whole.error().code, id + ": " + whole.error().what};
  return whole;
}

} // namespace

std::string write_sync_document(const std::string& definition,
                                const std::string& prefix,
                                std::vector<std::string>& variables) {
  document_writer writer{variables};
  writer.write(json::parse(definition), prefix);
  return writer.take();
}

command_outcome validate_files(const std::string& folder,
                               const document_values& values,
                               const sync_check& check) {
  command_outcome out;
  const auto files = read_sync_folder(folder, values);
  if (!files) {
    out.faults.push_back(files.error().what);
    return out;
  }
  for (const auto& one : *files) {
    auto fault = one.fault;
    if (fault.empty() && check)
      if (const auto fine = check(*one.sync); !fine)
        fault = fine.error().what;
    if (fault.empty())
      out.done.push_back(one.name + ": fine");
    else
      out.faults.push_back(one.name + ": " + fault);
  }
  return out;
}

command_outcome apply_files(const std::string& folder,
                            const document_values& values, const api_place& api,
                            const sync_check& check) {
  auto out = validate_files(folder, values, check);
  if (!out.faults.empty())
    return out;
  out.done.clear();
  const auto files = read_sync_folder(folder, values);
  if (!files) {
    out.faults.push_back(files.error().what);
    return out;
  }
  for (const auto& one : *files) {
    if (!one.fault.empty()) {
      out.faults.push_back(one.name + ": " + one.fault);
      continue;
    }
    const auto put =
        ask(api, "PUT", "/syncs/" + percent_encode(one.sync_id), one.document);
    if (put) {
      out.done.push_back(one.sync_id + ": applied");
      if (const auto notes = put->find("notes");
          notes != put->end() && notes->is_array())
        for (const auto& note : *notes)
          if (note.is_string())
            out.done.back() += "; note: " + note.get<std::string>();
    } else {
      out.faults.push_back(one.sync_id + ": " + put.error().what);
    }
  }
  return out;
}

command_outcome export_files(const std::string& folder, const api_place& api) {
  command_outcome out;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    out.faults.push_back(folder + " cannot be made: " + error.message());
    return out;
  }
  std::vector<std::string> variables;
  std::string after;
  for (;;) {
    const auto page =
        ask(api, "GET",
            "/syncs?limit=" + std::to_string(page_size)
                + (after.empty() ? "" : "&after=" + percent_encode(after)));
    if (!page) {
      out.faults.push_back(page.error().what);
      return out;
    }
    if (page->contains("syncs") && (*page)["syncs"].is_array())
      for (const auto& sync : (*page)["syncs"])
        if (sync.is_object()) {
          if (const auto whole = whole_of(sync, api))
            export_sync(folder, *whole, variables, out);
          else
            out.faults.push_back(whole.error().what);
        }
    const auto next = page->value("next", "");
    if (next.empty() || next == after)
      return out;
    after = next;
  }
}

} // namespace motorcade
