// The commit of requests to MySQL: what commits by itself, then one
// transaction, of one request or of several.
#include "runtime/destination/mysql/mysql_loader.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace motorcade {

result<void> mysql_loader::commit() {
  auto* self = this;
  return commit_all({&self, 1}).how;
}

joint_outcome
mysql_loader::commit_together(std::span<table_loader* const> all) {
  return commit_loaders<mysql_loader>(
      all, [](const mysql_loader& one) { return quote(one.target_name_); },
      commit_all);
}

joint_outcome mysql_loader::commit_all(std::span<mysql_loader* const> all) {
  auto& first = *all.front();
  if (auto ok = first.take_link(); !ok)
    return {ok};
  auto link = std::move(first.link_);
  auto out = [&]() -> joint_outcome {
    std::vector<size_t> places;
    const auto prepare = [&](size_t i) {
      const lent_link now{link, all[i]->link_};
      return all[i]->prepare();
    };
    if (auto ready = prepare_all(all.size(), prepare, places);
        !ready.how || places.empty())
      return ready;
    std::vector<mysql_loader*> busy;
    busy.reserve(places.size());
    for (const auto i : places)
      busy.push_back(all[i]);
    auto done = commit_locked(link, busy);
    done.failed = places[done.failed];
    return done;
  }();
  first.link_ = std::move(link);
  return out;
}

result<bool> mysql_loader::prepare() {
  auto ok = begin();
  if (ok)
    ok = send_rows();
  if (!ok)
    return ok.error();
  return needs_commit(request_, *builder_, target_.exists, quote(target_name_));
}

result<void> mysql_loader::lock() {
  auto locked = link_->run("SELECT GET_LOCK(" + commit_lock_of(target_name_)
                           + ", @@SESSION.lock_wait_timeout)");
  if (!locked)
    return locked.error();
  if (locked->front()[0] != "1")
    return failure{ec::destination_unavailable,
                   "another task is still at its commit to the table "
                       + quote(target_name_)};
  return {};
}

result<void> mysql_loader::unlock() {
  return run("DO RELEASE_LOCK(" + commit_lock_of(target_name_) + ')');
}

joint_outcome mysql_loader::commit_locked(std::unique_ptr<mysql_link>& link,
                                          std::span<mysql_loader* const> all) {
  std::vector<mysql_loader*> locked;
  joint_outcome out;
  const auto each = [&](const std::vector<mysql_loader*>& loaders,
                        const auto& step) {
    for (auto* loader : loaders) {
      const lent_link now{link, loader->link_};
      out.how = step(*loader);
      out.failed = static_cast<size_t>(std::find(all.begin(), all.end(), loader)
                                       - all.begin());
      if (!out.how)
        return false;
    }
    return true;
  };
  const std::vector<mysql_loader*> in_order{all.begin(), all.end()};
  auto by_name = in_order;
  // In one order, so that no task waits in a circle.
  std::sort(by_name.begin(), by_name.end(), [](const auto* a, const auto* b) {
    return quote(a->target_name_) < quote(b->target_name_);
  });
  const auto joint = all.size() > 1;
  const auto lock = [&](mysql_loader& one) {
    auto ok = one.lock();
    if (ok)
      locked.push_back(&one);
    return ok;
  };
  const auto make_ready = [&](mysql_loader& one) {
    return one.make_ready(joint);
  };
  if (each(by_name, lock) && each(in_order, make_ready))
    out = transact(link, all);
  if (!out.how && link->open() && !link->run("ROLLBACK"))
    link.reset();
  for (auto* one : all) {
    const lent_link now{link, one->link_};
    if (out.how)
      one->finish_key();
  }
  for (auto* one : locked) {
    const lent_link now{link, one->link_};
    if (one->link_ && one->link_->open() && !one->unlock())
      one->link_.reset();
  }
  return out;
}

joint_outcome mysql_loader::transact(std::unique_ptr<mysql_link>& link,
                                     std::span<mysql_loader* const> all) {
  auto begun = link->run("START TRANSACTION");
  if (!begun)
    return {begun.error()};
  state_notes notes;
  for (size_t i = 0; i < all.size(); ++i) {
    auto& one = *all[i];
    const lent_link now{link, one.link_};
    if (auto ok = one.bring(); !ok)
      return {ok, i};
    notes.insert(notes.end(), one.notes_.begin(), one.notes_.end());
  }
  const auto& last = *all.back();
  const mysql_notes beside{last.request_, last.target_name_.schema};
  auto ok = beside.commit(*link, notes);
  return ok ? joint_outcome{} : as_joint(ok.error(), all.size() > 1);
}

result<void> mysql_loader::make_ready(bool joint) {
  tried_together_ = tried_together_ || joint;
  if (auto ok = check_target(); !ok)
    return ok;
  const mysql_notes notes{request_, target_name_.schema};
  if (!notes_.empty())
    if (auto ok = notes.make_place_for_states(*link_); !ok)
      return ok;
  if (must_be_noted(request_, *builder_, tried_together_)) {
    auto noted = notes.has(*link_);
    if (!noted)
      return noted.error();
    is_there_ = *noted;
    if (is_there_) {
      // The states may have become true since then.
      log_earlier_commit(request_);
      return {};
    }
    if (auto ok = notes.forget_old(*link_); !ok)
      return ok;
  }
  // After a crash of the server a kept connection would have broken.
  if (staging_left_)
    if (auto ok = check_staged(*link_, sql().staging(), *builder_); !ok)
      return ok;
  // Each statement of `fit_target` commits by itself; none brings rows.
  return fit_target();
}

result<void> mysql_loader::bring() {
  if (is_there_)
    return {};
  if (must_be_noted(request_, *builder_, tried_together_))
    if (auto ok = mysql_notes{request_, target_name_.schema}.put(*link_); !ok)
      return ok;
  return move_rows();
}

} // namespace motorcade
