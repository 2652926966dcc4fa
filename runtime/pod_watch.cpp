#include "runtime/pod_watch.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// Resource versions are opaque by the API's word, but they are etcd's
/// revisions: what is a number can be compared.
/// https://kubernetes.io/docs/reference/using-api/api-concepts/
bool is_older(const std::string& a, const std::string& b) {
  uint64_t left = 0;
  uint64_t right = 0;
  auto read = [](const std::string& text, uint64_t& value) {
    auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
  };
  return read(a, left) && read(b, right) && left < right;
}

} // namespace

pod_watch::pod_watch(pod_api& api, pod_watch_listener listener)
    : api_{api}, listener_{std::move(listener)} {}

result<pod_watch::pause> pod_watch::step(clock::time_point now) {
  // Of a watch that breaks again and again, the place itself may be why.
  constexpr int doubtful = 2;
  if (place_.empty() || failures_ >= doubtful
      || now - listed_at_ >= relist_interval) {
    auto listed = list();
    if (!listed) {
      if (listed.error().code == ec::cancelled)
        return listed.error();
      spdlog::warn("{}", listed.error().what);
      return next_pause();
    }
    listed_at_ = now;
    failures_ = 0;
    listener_.listed();
  }
  auto watched = api_.watch_pods(place_, [this](pod_event&& event) {
    auto name = event.pod.name;
    auto is_gone = event.kind == pod_event_kind::gone;
    auto found = known_.find(name);
    auto another =
        found != known_.end() && found->second.pod.uid != event.pod.uid;
    // The end of a Pod whose successor is known already.
    if (is_gone && another)
      return;
    see(std::move(event.pod));
    if (is_gone)
      lose(name);
  });
  if (watched) {
    failures_ = 0;
    if (*watched == watch_end::expired) {
      place_.clear();
      // Not in a tight loop, should the API always say so.
      return pause{100ms};
    }
    return pause{0ms};
  }
  if (watched.error().code == ec::cancelled)
    return watched.error();
  spdlog::warn("{}", watched.error().what);
  return next_pause();
}

result<void> pod_watch::list() {
  ++lists_;
  std::string next;
  std::string place;
  do {
    auto page = api_.list_pods(next);
    if (!page) {
      // A page may ask for a place that is no more: begin anew next time.
      place_.clear();
      return page.error();
    }
    place = page->resource_version;
    next = page->next;
    for (auto& pod : page->pods)
      see(std::move(pod));
  } while (!next.empty());
  std::vector<std::string> lost;
  for (const auto& [name, entry] : known_)
    if (entry.list != lists_)
      lost.push_back(name);
  for (const auto& name : lost)
    lose(name);
  place_ = std::move(place);
  return {};
}

void pod_watch::see(pod_status&& pod) {
  auto found = known_.find(pod.name);
  if (found != known_.end() && found->second.pod.uid != pod.uid)
    lose(pod.name);
  auto& entry = known_[pod.name];
  entry.list = lists_;
  const auto& before = entry.pod.resource_version;
  if (before == pod.resource_version || is_older(pod.resource_version, before))
    return;
  entry.pod = pod;
  listener_.seen(std::move(pod));
}

void pod_watch::lose(const std::string& name) {
  auto node = known_.extract(name);
  if (node)
    listener_.gone(std::move(node.mapped().pod));
}

pod_watch::pause pod_watch::next_pause() {
  constexpr auto first = 250ms;
  constexpr int most_doublings = 6;
  auto doublings = std::min(failures_++, most_doublings);
  return std::min<pause>(first * (1 << doublings), longest_pause);
}

} // namespace motorcade
