#include "runtime/log/repeated_traces.hpp"

#include "schema/base/trim.hpp"

#include <algorithm>
#include <functional>

namespace motorcade {

namespace {

constexpr size_t most_traces = 100;
constexpr size_t most_lines = 1000;

constexpr std::string_view python_head = "Traceback (most recent call last):";

bool is_indented(std::string_view text) {
  return !text.empty() && (text.front() == ' ' || text.front() == '\t');
}

bool is_java_line(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return false;
  auto rest = text.substr(first);
  return (first > 0 && rest.starts_with("at "))
         || rest.starts_with("Caused by: ")
         || (first > 0 && rest.starts_with("... "));
}

bool begins_python(std::string_view text) {
  return trim_right(text).ends_with(python_head);
}

} // namespace

std::vector<std::string> repeated_traces::push(std::string_view text,
                                               std::string shown) {
  std::vector<std::string> out;
  // The trace's last line has ended it already, or the line before was its
  // last.
  if (kind_ == kind::java && !is_java_line(text))
    finish(out);
  if (kind_ == kind::none) {
    if (begins_python(text))
      kind_ = kind::python;
    else if (is_indented(text) && is_java_line(text))
      kind_ = kind::java;
    if (kind_ == kind::none) {
      out.push_back(std::move(shown));
      return out;
    }
    block_.clear();
    alike_.clear();
    for (size_t i = 0; i < known_->size(); ++i)
      alike_.push_back(i);
  }
  auto first = block_.empty();
  feed(text, std::move(shown), out);
  const auto is_last = kind_ == kind::python && !first && !is_indented(text)
                       && !trim_right(text).empty();
  if (is_last || block_.size() >= most_lines)
    finish(out);
  return out;
}

void repeated_traces::feed(std::string_view text, std::string shown,
                           std::vector<std::string>& out) {
  auto line = trim_right(text);
  // Of the first line only the head counts: the text before it differs, e.g.
  // the time.
  if (block_.empty() && kind_ == kind::python)
    line = python_head;
  auto at = block_.size();
  block_.push_back(std::hash<std::string_view>{}(line));
  std::erase_if(alike_, [&](size_t i) {
    return (*known_)[i].size() <= at || (*known_)[i][at] != block_[at];
  });
  if (!alike_.empty()) {
    held_.push_back({std::move(shown), text.size()});
    return;
  }
  for (auto& line_before : held_)
    out.push_back(std::move(line_before.shown));
  held_.clear();
  out.push_back(std::move(shown));
}

void repeated_traces::finish(std::vector<std::string>& out) {
  auto repeated = std::any_of(alike_.begin(), alike_.end(), [&](size_t i) {
    return (*known_)[i].size() == block_.size();
  });
  if (repeated) {
    // The remark gets the time and the level of the trace's first line.
    auto& head = held_.front();
    head.shown.resize(head.shown.size() - head.text_bytes);
    out.push_back(std::move(head.shown) + std::string{remark});
  } else {
    for (auto& line : held_)
      out.push_back(std::move(line.shown));
    if (known_->size() < most_traces)
      known_->push_back(block_);
  }
  held_.clear();
  alike_.clear();
  block_.clear();
  kind_ = kind::none;
}

std::vector<std::string> repeated_traces::close() {
  std::vector<std::string> out;
  if (kind_ != kind::none)
    finish(out);
  return out;
}

std::string without_stack_traces(std::string_view text) {
  std::string out;
  auto inside = false;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    auto newline = end < text.size();
    text.remove_prefix(std::min(end + 1, text.size()));
    if (begins_python(line)) {
      inside = true;
      // The part of the line before the trace belongs to the text.
      line = trim_right(line);
      out += line.substr(0, line.size() - python_head.size());
      continue;
    }
    if (inside && (is_indented(line) || trim_right(line).empty()))
      continue;
    inside = false;
    out += line;
    if (newline)
      out += '\n';
  }
  return out;
}

} // namespace motorcade
