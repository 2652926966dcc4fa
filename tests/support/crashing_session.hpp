#pragma once

#include "runtime/database/sql_session.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace motorcade::test {

/// The end of a process.
struct crash {};

/// A session whose process ends before or after its n-th statement.
class crashing_session : public sql_session {
public:
  crashing_session(std::shared_ptr<sql_session> real, int& left, bool after)
      : real_{std::move(real)}, left_{left}, after_{after} {}

  result<std::vector<sql_row>> run(std::string_view table,
                                   const statement_maker& make) override {
    return count([&] { return real_->run(table, make); });
  }

  result<std::vector<sql_row>> run_alone(std::string_view subject,
                                         std::string_view table,
                                         const statement_maker& make) override {
    return count([&] { return real_->run_alone(subject, table, make); });
  }

  result<std::vector<std::vector<sql_row>>>
  run_together(std::span<const std::string> subjects, std::string_view table,
               const statements_maker& make) override {
    return count([&] { return real_->run_together(subjects, table, make); });
  }

  sql_dialect dialect() const noexcept override { return real_->dialect(); }

  std::string locate() const override { return real_->locate(); }

private:
  template <class Call>
  auto count(const Call& call) -> decltype(call()) {
    const auto now = --left_ == 0;
    if (now && !after_)
      throw crash{};
    auto out = call();
    if (now)
      throw crash{};
    return out;
  }

  std::shared_ptr<sql_session> real_;
  int& left_;
  bool after_;
};

} // namespace motorcade::test
