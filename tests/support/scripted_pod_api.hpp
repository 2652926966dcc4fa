#pragma once

#include "runtime/task/pod_api.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <stdexcept>

namespace motorcade::test {

/// What happens to a call.
enum class pod_fault {
  none,
  /// The API says that the object is to blame.
  refused,
  /// There is no answer, and nothing was done.
  lost_before,
  /// There is no answer, but it was done.
  lost_after,
  too_busy,
  cancelled,
};

/// Pods and Secrets in memory, with every change written down as etcd does, and
/// calls that fail as the test says. Belongs to one thread.
class scripted_pod_api : public pod_api {
public:
  struct secret_object {
    /// As it was created.
    std::string text;
    /// The uid of its Pod; empty: none.
    std::string owner = {};
    std::string created_at = "2026-01-01T00:00:00Z";
    std::string uid = {};
  };

  using event_sink = std::function<void(pod_event&&)>;

  /// Asked for each call by its name, e.g. `create_pod`, before `faults`; may
  /// be empty.
  std::function<pod_fault(const std::string&)> decide;
  /// What happens to the next calls of a name.
  std::map<std::string, std::deque<pod_fault>> faults;
  /// The names of all calls, with `!` in front if they failed.
  std::vector<std::string> calls;
  /// How long it was waited.
  std::vector<std::chrono::milliseconds> pauses;
  std::map<std::string, pod_status> pods;
  std::map<std::string, secret_object> secrets;
  /// Of a list of Pods.
  size_t page_size = 500;
  /// What the next watches do in place of handing out what has changed.
  std::deque<std::function<result<watch_end>(std::string&, const event_sink&)>>
      watches;
  /// Changes what a watch hands out; may be empty.
  std::function<void(std::vector<pod_event>&)> mangle;
  std::string log = "the last lines\n";
  std::map<std::string, pod_usage> used;

  /// @returns the newest resource version.
  std::string place() const { return std::to_string(revision_); }

  /// Lets a Pod appear, or change.
  const pod_status& put(const std::string& name,
                        pod_state state = pod_state::pending) {
    auto& pod = pods[name];
    if (pod.name.empty()) {
      pod.name = name;
      pod.uid = "uid-" + std::to_string(++uids_);
    }
    pod.state = state;
    write_down(pod_event_kind::seen, pod);
    return pod;
  }

  /// Lets a Pod vanish, and the Secrets that it owns.
  void vanish(const std::string& name) {
    auto node = pods.extract(name);
    if (!node)
      throw std::out_of_range{name};
    auto& pod = node.mapped();
    write_down(pod_event_kind::gone, pod);
    std::erase_if(secrets,
                  [&](const auto& one) { return one.second.owner == pod.uid; });
  }

  /// @returns how often there was a call of that name, failed ones included.
  size_t count(const std::string& name) const {
    auto is_it = [&name](const auto& call) {
      return call == name || call == "!" + name;
    };
    return static_cast<size_t>(
        std::count_if(calls.begin(), calls.end(), is_it));
  }

  bool pause(std::chrono::milliseconds length) override {
    pauses.push_back(length);
    return true;
  }

  result<std::string> create_secret(const std::string& secret) override {
    return act<std::string>("create_secret", [&]() -> result<std::string> {
      auto name = name_of(secret);
      auto [made, fresh] = secrets.try_emplace(name, secret_object{secret});
      if (!fresh)
        return failure{ec::already_exists, "there is a Secret " + name};
      made->second.uid = "secret-" + std::to_string(++secret_uids_);
      return made->second.uid;
    });
  }

  result<pod_status> create_pod(const std::string& pod) override {
    return act<pod_status>("create_pod", [&]() -> result<pod_status> {
      auto name = name_of(pod);
      if (pods.contains(name))
        return failure{ec::already_exists, "there is a Pod " + name};
      return put(name);
    });
  }

  result<pod_status> get_pod(const std::string& name) override {
    return act<pod_status>("get_pod", [&]() -> result<pod_status> {
      auto found = pods.find(name);
      if (found == pods.end())
        return failure{ec::not_found, "no Pod " + name};
      return found->second;
    });
  }

  result<void> give_secret(const std::string& secret,
                           const pod_status& owner) override {
    return act<void>("give_secret", [&]() -> result<void> {
      auto found = secrets.find(secret);
      if (found == secrets.end())
        return failure{ec::not_found, "no Secret " + secret};
      found->second.owner = owner.uid;
      return {};
    });
  }

  result<bool> delete_pod(const std::string& name,
                          const std::string& uid) override {
    return act<bool>("delete_pod", [&]() -> result<bool> {
      auto found = pods.find(name);
      if (found == pods.end() || (!uid.empty() && found->second.uid != uid))
        return true;
      found->second.being_deleted = true;
      write_down(pod_event_kind::seen, found->second);
      return false;
    });
  }

  result<bool> delete_secret(const std::string& name,
                             const std::string& uid = {}) override {
    return act<bool>("delete_secret", [&]() -> result<bool> {
      auto found = secrets.find(name);
      if (found == secrets.end() || (!uid.empty() && found->second.uid != uid))
        return false;
      secrets.erase(found);
      return true;
    });
  }

  result<pod_list> list_pods(const std::string& next) override {
    return act<pod_list>("list_pods", [&]() -> result<pod_list> {
      size_t begin = 0;
      if (next.empty()) {
        snapshot_.clear();
        for (const auto& [name, pod] : pods)
          snapshot_.push_back(pod);
        snapshot_place_ = place();
      } else {
        begin = std::stoul(next);
      }
      pod_list out;
      auto end = std::min(snapshot_.size(), begin + page_size);
      for (auto i = begin; i < end; ++i)
        out.pods.push_back(snapshot_[i]);
      out.resource_version = snapshot_place_;
      if (end < snapshot_.size())
        out.next = std::to_string(end);
      return out;
    });
  }

  result<std::vector<secret_entry>> list_secrets() override {
    using entries = std::vector<secret_entry>;
    return act<entries>("list_secrets", [&]() -> result<entries> {
      entries out;
      for (const auto& [name, secret] : secrets)
        out.push_back({name, secret.uid, secret.created_at});
      return out;
    });
  }

  result<std::vector<delayed_entry>> list_delayed() override {
    using entries = std::vector<delayed_entry>;
    return act<entries>("list_delayed", [&]() -> result<entries> {
      entries out;
      for (const auto& [name, secret] : secrets) {
        auto object = nlohmann::json::parse(secret.text, nullptr, false);
        if (!object.is_object()
            || !object["metadata"]["labels"].contains(
                std::string{"motorcade/delayed-start"}))
          continue;
        out.push_back({name, object["metadata"]["annotations"]});
      }
      return out;
    });
  }

  result<std::map<std::string, std::string>>
  read_delayed(const std::string& name) override {
    using texts = std::map<std::string, std::string>;
    return act<texts>("read_delayed", [&]() -> result<texts> {
      auto found = secrets.find(name);
      if (found == secrets.end())
        return failure{ec::not_found, "no Secret " + name};
      return nlohmann::json::parse(found->second.text)["stringData"]
          .get<texts>();
    });
  }

  /// Hands out what changed after `from`, and then a bookmark; is over at once.
  result<watch_end> watch_pods(std::string& from,
                               const event_sink& on_event) override {
    return act<watch_end>("watch_pods", [&]() -> result<watch_end> {
      if (!watches.empty()) {
        auto watch = std::move(watches.front());
        watches.pop_front();
        return watch(from, on_event);
      }
      std::vector<pod_event> events;
      for (auto i = std::stoul(from); i < journal_.size(); ++i)
        events.push_back(journal_[i]);
      if (mangle)
        mangle(events);
      for (auto& event : events) {
        from = event.resource_version;
        on_event(std::move(event));
      }
      from = place();
      return watch_end::over;
    });
  }

  result<std::string> container_log(const std::string&, std::string_view,
                                    int) override {
    return act<std::string>("container_log",
                            [&]() -> result<std::string> { return log; });
  }

  result<std::map<std::string, pod_usage>> usage() override {
    using usages = std::map<std::string, pod_usage>;
    return act<usages>("usage", [&]() -> result<usages> { return used; });
  }

private:
  static std::string name_of(const std::string& object) {
    return nlohmann::json::parse(object)["metadata"]["name"];
  }

  void write_down(pod_event_kind kind, pod_status& pod) {
    pod.resource_version = std::to_string(++revision_);
    journal_.push_back({kind, pod, pod.resource_version, {}});
  }

  pod_fault next_fault(const std::string& name) {
    if (decide)
      if (auto fault = decide(name); fault != pod_fault::none)
        return fault;
    auto& script = faults[name];
    if (script.empty())
      return pod_fault::none;
    auto out = script.front();
    script.pop_front();
    return out;
  }

  template <class T, class F>
  result<T> act(const std::string& name, F what) {
    auto fault = next_fault(name);
    calls.push_back((fault == pod_fault::none ? "" : "!") + name);
    switch (fault) {
    case pod_fault::none:
      return what();
    case pod_fault::refused:
      return failure{ec::invalid_argument, name + ": refused"};
    case pod_fault::lost_after:
      std::ignore = what();
      break;
    case pod_fault::lost_before:
      break;
    case pod_fault::too_busy:
      return failure{ec::too_busy, name + ": too busy"};
    case pod_fault::cancelled:
      return failure{ec::cancelled, name + ": cancelled"};
    }
    return failure{ec::service_unavailable, name + ": no answer"};
  }

  uint64_t revision_ = 0;
  uint64_t uids_ = 0;
  uint64_t secret_uids_ = 0;
  /// The event of revision n is at n - 1.
  std::vector<pod_event> journal_;
  std::vector<pod_status> snapshot_;
  std::string snapshot_place_;
};

} // namespace motorcade::test
