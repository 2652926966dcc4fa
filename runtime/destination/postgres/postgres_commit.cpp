// The commit of requests to Postgres: one transaction, of one or of several.
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
  return commit_loaders<postgres_loader>(
      all, [](const postgres_loader& one) { return quote(one.target_name_); },
      transact);
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
  const auto prepare = [&](size_t i) {
    const lent_link now{link, all[i]->link_};
    return all[i]->prepare();
  };
  if (auto out = prepare_all(all.size(), prepare, busy);
      !out.how || busy.empty())
    return out;
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
  return needs_commit(request_, *builder_, target_.exists, quote(target_name_));
}

result<void> postgres_loader::bring(bool joint) {
  staging_goes_ = false;
  tried_together_ = tried_together_ || joint;
  if (auto ok = check_target(); !ok)
    return ok;
  const auto once = must_be_noted(request_, *builder_, tried_together_);
  const postgres_notes notes{request_, target_name_.schema};
  auto fresh = notes.begin(*link_, once, !notes_.empty());
  if (!fresh)
    return fresh.error();
  if (!*fresh) {
    log_earlier_commit(request_);
    return {};
  }
  // After a crash of the server a kept connection would have broken.
  if (staging_left_)
    if (auto ok = check_staged(*link_, sql().staging(), *builder_); !ok)
      return blame(ok.error());
  // A target that was there at the first row, and was dropped since, has left
  // an unlogged table here.
  const auto adopts = !target_.exists && !builder_->layout().has_parts()
                      && (staging_logged_ || !staging_made_);
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
