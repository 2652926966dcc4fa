// The commit of requests to Postgres: one transaction, of one or of several.
#include "runtime/base/log.hpp"
#include "runtime/destination/postgres/postgres_loader.hpp"

#include <cstddef>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace motorcade {

result<void> postgres_loader::commit() {
  auto* self = this;
  return transact({&self, 1}).how;
}

joint_outcome
postgres_loader::commit_together(std::span<table_loader* const> all) {
  std::vector<postgres_loader*> loaders;
  std::set<std::string> targets;
  for (auto* one : all) {
    auto* loader = dynamic_cast<postgres_loader*>(one);
    if (!targets.insert(quote(loader->target_name_)).second)
      return {two_of_a_table(quote(loader->target_name_)), loaders.size(),
              true};
    loaders.push_back(loader);
  }
  return transact(loaders);
}

joint_outcome postgres_loader::transact(std::span<postgres_loader* const> all) {
  auto& first = *all.front();
  if (auto ok = first.take_link(); !ok)
    return {ok};
  auto link = std::move(first.link_);
  auto out = transact_by(link, all);
  if (!out.how && link && link->open() && !link->run("ROLLBACK"))
    link.reset();
  first.link_ = std::move(link);
  return out;
}

joint_outcome
postgres_loader::transact_by(std::unique_ptr<postgres_link>& link,
                             std::span<postgres_loader* const> all) {
  std::vector<size_t> busy;
  for (size_t i = 0; i < all.size(); ++i) {
    const lent_link now{link, all[i]->link_};
    auto ready = all[i]->prepare();
    if (!ready)
      return {ready.error(), i};
    if (*ready)
      busy.push_back(i);
  }
  if (busy.empty())
    return {};
  const auto joint = busy.size() > 1;
  std::set<std::string> targets;
  state_notes notes;
  for (const auto i : busy) {
    targets.insert(quote(all[i]->target_name_));
    notes.insert(notes.end(), all[i]->notes_.begin(), all[i]->notes_.end());
  }
  auto begun = link->run("BEGIN");
  if (!begun)
    return {begun.error()};
  // One commit to a table at a time: no other sidecar changes it meanwhile.
  if (auto ok = lock_commits(*link, targets); !ok)
    return {ok};
  for (const auto i : busy) {
    const lent_link now{link, all[i]->link_};
    if (auto ok = all[i]->bring(joint); !ok)
      return {ok, i};
  }
  const auto& last = *all[busy.back()];
  note_turn turn{std::move(notes)};
  auto done = link->run(
      postgres_notes{last.request_, last.target_name_.schema}.statements_of(
          turn.due())
      + "COMMIT");
  if (!done)
    // Only COMMIT has refused: no single request is to blame.
    return as_joint(done.error(), joint);
  turn.committed();
  for (const auto i : busy)
    all[i]->staging_made_ = all[i]->staging_made_ && !all[i]->staging_goes_;
  return {};
}

result<bool> postgres_loader::prepare() {
  auto ok = begin();
  if (ok)
    ok = end_copy();
  if (!ok)
    return ok.error();
  if (changes_nothing(request_, *builder_, target_.exists))
    return false;
  if (builder_->bare_rows() > 0 && !target_.exists)
    return failure{ec::destination_rejected,
                   "the rows have no columns, and there is no table "
                       + quote(target_name_) + " to add them to"};
  return true;
}

result<void> postgres_loader::bring(bool joint) {
  staging_goes_ = false;
  tried_together_ = tried_together_ || joint;
  if (auto ok = check_target(); !ok)
    return ok;
  // Merged and replaced rows are the same when they come twice, but for those
  // whose own table a joint commit may have used up.
  const auto once =
      request_.unit != 0
      && (tried_together_
          || (request_.mode == write_mode::batch && builder_->key().empty()));
  const postgres_notes notes{request_, target_name_.schema};
  auto fresh = notes.begin(*link_, once, !notes_.empty());
  if (!fresh)
    return fresh.error();
  if (!*fresh) {
    log::info("the rows of request {} of stream {} were committed by an "
              "earlier attempt whose answer was lost; not sending them again",
              request_.unit, request_.stream);
    return {};
  }
  // After a crash of the server a kept connection would have broken.
  if (staging_left_)
    if (auto ok = check_staged(*link_, sql().staging(), *builder_); !ok)
      return ok;
  const auto adopts = !target_.exists && !builder_->layout().has_parts();
  auto ok = adopts ? adopt_staging() : move_rows();
  if (ok && !adopts && staging_made_)
    ok = run("DROP TABLE " + quote(sql().staging()));
  // Checks deferred constraints now, so that a failure names the request whose
  // table it is.
  if (ok && joint)
    ok = run("SET CONSTRAINTS ALL IMMEDIATE");
  staging_goes_ = true;
  return ok;
}

} // namespace motorcade
