#include "runtime/kubernetes/container_command.hpp"

#include "runtime/task/task_layout.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

/// @returns the text as Kubernetes must be given it: it replaces `$(NAME)` in
/// values, commands and arguments by that variable's value, and `$$` by `$`.
/// Otherwise a request could have secrets of the container written anywhere.
std::string literal(std::string_view text) {
  std::string out;
  for (auto c : text)
    out.append(c == '$' ? 2 : 1, c);
  return out;
}

} // namespace

void keep_literal(nlohmann::json& container) {
  for (const auto* list : {"command", "args"})
    if (container.contains(list))
      for (auto& word : container[list])
        word = literal(word.get_ref<const std::string&>());
  if (container.contains("env"))
    for (auto& one : container["env"])
      if (one.contains("value"))
        one["value"] = literal(one["value"].get_ref<const std::string&>());
}

std::string source_script(const task_request& task) {
  const task_places places;
  const auto given = places.config + "/state.json";
  const auto newer = state_file_of(places);
  std::string words;
  std::string choice;
  for (const auto& word : connector_arguments(task, places)) {
    // By the time the sidecar has opened the pipes it has put a newer state
    // there, or never will.
    if (word == given)
      choice = "motorcade_state=" + given + "; [ ! -f " + newer
               + " ] || motorcade_state=" + newer + "; ";
    words += (words.empty() ? "" : " ")
             + (word == given ? "\\$motorcade_state" : word);
  }
  // The shell opens stderr first, as the sidecar expects. The exit code appears
  // at once (rename), so that no half of it is ever read. The shell behind the
  // `&` outlives SIGTERM until the connector has ended, which hears it as ever
  // and has its grace period; one that has not begun never does. Exit code 0 of
  // one that was stopped speaks of no whole read, and the sidecar may see it
  // before its own SIGTERM.
  return "stop() { trap '' TERM; stopped=1; kill -s TERM 0; }\n"
         "trap stop TERM\n"
         "{ trap exit TERM; eval \""
         + choice + "$AIRBYTE_ENTRYPOINT " + words
         + "\"; } 2> /pipes/stderr > /pipes/stdout &\n"
           "wait $!\n"
           "code=$?\n"
           "[ -z \"$stopped\" ]"
           " || { wait $!; code=$?; [ $code -ne 0 ] || code=143; }\n"
           "echo $code > /pipes/exit-code.tmp"
           " && mv /pipes/exit-code.tmp /pipes/exit-code\n"
           "exit $code\n";
}

} // namespace motorcade
