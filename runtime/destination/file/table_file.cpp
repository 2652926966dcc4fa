#include "runtime/destination/file/table_file.hpp"

#include "runtime/base/found_file.hpp"
#include "runtime/destination/file/table_owner.hpp"
#include "runtime/files/file_steps.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace motorcade {

table_file::table_file(table_place table, const upload_request& request,
                       staging_area_ptr staging)
    : table_{std::move(table)},
      sync_id_{request.connection_id},
      stem_{table_.hidden(request.task_id)},
      mode_{request.mode},
      files_{table_, stem_, std::move(staging)} {}

table_file::~table_file() {
  if (!staged_.path.empty())
    ::unlink(staged_.path.c_str());
}

result<std::unique_ptr<table_file>>
table_file::stage(const std::string& root, const upload_request& request,
                  staging_area_ptr staging) {
  table_place table{root, request.target_namespace, request.table};
  if (auto made = make_folders(table.folder); !made)
    return made.error();
  if (auto ours = check_owner(table, request.connection_id); !ours)
    return ours.error();
  sweep_hidden_files(table.folder);
  std::unique_ptr<table_file> out{
      new table_file{std::move(table), request, std::move(staging)}};
  auto staged = make_hidden_file(out->stem_);
  if (!staged)
    return staged.error();
  out->staged_ = *std::move(staged);
  return out;
}

result<void> table_file::write(std::string_view rows) {
  return compress(rows, ZSTD_e_continue);
}

result<void> table_file::add_file(const staged_file& file,
                                  const std::function<bool()>& stopped) {
  return files_.copy(file, stopped);
}

result<void> table_file::compress(std::string_view rows,
                                  ZSTD_EndDirective directive) {
  if (!context_) {
    context_.reset(ZSTD_createCCtx());
    if (!context_)
      return file_failure("compress", staged_.path, ENOMEM);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, 1);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
    compressed_.resize(ZSTD_CStreamOutSize());
  }
  ZSTD_inBuffer in{rows.data(), rows.size(), 0};
  for (;;) {
    ZSTD_outBuffer out{compressed_.data(), compressed_.size(), 0};
    auto left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
    if (ZSTD_isError(left))
      return failure{ec::destination_unavailable,
                     "cannot compress " + staged_.path + ": "
                         + ZSTD_getErrorName(left)};
    auto written = write_all(staged_.handle.get(), staged_.path,
                             compressed_.data(), out.pos);
    if (!written)
      return written;
    if (in.pos == in.size && (directive == ZSTD_e_continue || left == 0))
      return {};
  }
}

result<void> table_file::commit() {
  if (auto ended = compress({}, ZSTD_e_end); !ended)
    return ended;
  auto folder = open_folder(table_.folder);
  if (!folder)
    return folder.error();
  // Another process must not append between this copy and the rename.
  if (auto locked = lock_folder(*folder, table_.folder); !locked)
    return locked;
  if (auto ours = claim_table(table_, sync_id_); !ours)
    return ours;
  if (mode_ == write_mode::batch) {
    auto present = open_found_file(table_.rows, links::followed);
    if (!present && present.error().code != ec::not_found)
      return file_failure(present.error());
    if (present)
      if (auto appended = append_to_table(*present); !appended)
        return appended;
  }
  if (auto delivered = files_.publish(); !delivered)
    return delivered;
  if (auto published = publish(*folder); !published)
    return published;
  if (mode_ == write_mode::replace_table)
    files_.remove_others();
  files_.remove_staged();
  return {};
}

/// Puts the present table before the staged rows.
result<void> table_file::append_to_table(const file_handle& present) {
  if (::lseek(staged_.handle.get(), 0, SEEK_SET) != 0)
    return file_failure("read", staged_.path, errno);
  auto whole = make_hidden_file(stem_);
  if (!whole)
    return whole.error();
  auto copied =
      copy_rest(present.get(), table_.rows, whole->handle.get(), whole->path);
  if (copied)
    copied = copy_rest(staged_.handle.get(), staged_.path, whole->handle.get(),
                       whole->path);
  if (!copied) {
    ::unlink(whole->path.c_str());
    return copied;
  }
  ::unlink(staged_.path.c_str());
  staged_ = *std::move(whole);
  return {};
}

result<void> table_file::publish(const file_handle& folder) {
  if (::fsync(staged_.handle.get()) != 0)
    return file_failure("write", staged_.path, errno);
  if (::rename(staged_.path.c_str(), table_.rows.c_str()) != 0)
    return file_failure("replace", table_.rows, errno);
  staged_.path.clear();
  if (::fsync(folder.get()) != 0)
    return failure{ec::destination_rejected,
                   "the rows may not survive a power failure: "
                       + file_failure("write", table_.folder, errno).what};
  return {};
}

} // namespace motorcade
