#include "runtime/task/pod_watch.hpp"

#include "runtime/base/log.hpp"

#include <algorithm>
#include <charconv>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

bool read_number(const std::string& text, uint64_t& value) {
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// The API calls resource versions opaque, but they are revisions of etcd:
/// those that are numbers can be compared.
/// https://kubernetes.io/docs/reference/using-api/api-concepts/
/// @returns false if they cannot be compared.
bool is_older(const std::string& a, const std::string& b) {
  uint64_t left = 0;
  uint64_t right = 0;
  return read_number(a, left) && read_number(b, right) && left < right;
}

bool is_older_or_same(const std::string& a, const std::string& b) {
  return a == b || is_older(a, b);
}

} // namespace

pod_watch::pod_watch(pod_api& api, pod_watch_listener listener)
    : api_{api}, listener_{std::move(listener)} {}

result<pod_watch::pause> pod_watch::step(clock::time_point now) {
  // If a watch breaks again and again, its place may be the cause.
  constexpr int doubtful = 2;
  if (place_.empty() || failures_ >= doubtful
      || now - listed_at_ >= relist_interval) {
    auto listed = list();
    if (!listed) {
      if (listed.error().code == ec::cancelled)
        return listed.error();
      log::warn("{}", listed.error().what);
      return next_pause();
    }
    listed_at_ = now;
    listener_.listed();
  }
  auto place = place_;
  auto began = clock::now();
  auto watched = api_.watch_pods(
      place_, [this](pod_event&& event) { take(std::move(event)); });
  // This holds however the watch ended.
  auto was_of_use = place_ != place || clock::now() - began >= longest_pause;
  if (!watched) {
    if (watched.error().code == ec::cancelled)
      return watched.error();
    log::warn("{}", watched.error().what);
  } else if (*watched == watch_end::expired) {
    place_.clear();
  } else if (was_of_use) {
    failures_ = 0;
    return pause{0ms};
  }
  if (was_of_use && !place_.empty())
    failures_ = 0;
  // A pause, so that an API which always says the same is not asked in a tight
  // loop.
  return next_pause();
}

result<void> pod_watch::list() {
  ++lists_;
  std::string next;
  std::string place;
  do {
    auto page = api_.list_pods(next);
    if (!page) {
      // The next page may have expired: the list begins anew next time.
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
    lose(name, place);
  // Events of Pods that ended before the list are ignored because of their age.
  std::erase_if(ended_, [&place](const auto& ended) {
    return !is_older(place, ended.second);
  });
  listed_place_ = place;
  place_ = std::move(place);
  return {};
}

void pod_watch::take(pod_event&& event) {
  const auto& pod = event.pod;
  auto name = pod.name;
  auto version = pod.resource_version;
  auto is_gone = event.kind == pod_event_kind::gone;
  auto found = known_.find(name);
  if (found == known_.end()) {
    // If the Pod still existed, the list would have had it.
    if (is_older_or_same(version, listed_place_))
      return;
  } else if (found->second.pod->uid != pod.uid) {
    const auto& other = found->second.pod->resource_version;
    // This is a late event of a Pod whose successor is known already.
    if (is_older(version, other) || (is_gone && !is_older(other, version)))
      return;
  }
  see(std::move(event.pod));
  if (is_gone)
    lose(name, version);
}

void pod_watch::see(pod_status&& pod) {
  if (ended_.contains(pod.uid))
    return;
  auto found = known_.find(pod.name);
  if (found != known_.end() && found->second.pod->uid != pod.uid)
    lose(pod.name, pod.resource_version);
  auto [at, is_new] = known_.try_emplace(pod.name);
  auto& entry = at->second;
  entry.list = lists_;
  if (!is_new
      && (entry.pod->resource_version == pod.resource_version
          || is_older(pod.resource_version, entry.pod->resource_version)))
    return;
  entry.pod = std::make_shared<const pod_status>(std::move(pod));
  listener_.seen(entry.pod);
}

void pod_watch::lose(const std::string& name, const std::string& version) {
  auto node = known_.extract(name);
  if (!node)
    return;
  const auto& pod = node.mapped().pod;
  if (!pod->uid.empty())
    ended_[pod->uid] = version;
  listener_.gone(pod);
}

pod_watch::pause pod_watch::next_pause() {
  constexpr auto first = 250ms;
  constexpr int most_doublings = 6;
  auto doublings = std::min(failures_++, most_doublings);
  return std::min<pause>(first * (1 << doublings), longest_pause);
}

} // namespace motorcade
