#pragma once

#include "controller/sync_files/sync_document.hpp"
#include "controller/syncs/sync_service.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// The address of a running syncctl, for a command.
struct api_place {
  /// Without a `/` at its end, e.g. `http://127.0.0.1:3043`.
  std::string url;
  /// Empty: none. Secret.
  std::string token;
};

/// The outcome of a command, as lines to print.
struct command_outcome {
  /// One line for each sync that the command has dealt with.
  std::vector<std::string> done;
  /// One line for each error; empty if the command succeeded.
  std::vector<std::string> faults;
};

/// Checks whether the files of a folder could be applied, without a call to
/// syncctl.
/// @param values As of `read_sync_folder`.
/// @param check A definition that it refuses is wrong; empty: none is.
command_outcome validate_files(const std::string& folder,
                               const document_values& values,
                               const sync_check& check = {});

/// Puts the syncs of a folder's files by the API. If one of the files is wrong
/// none is put. Syncs that no file defines stay.
/// @param check As of `validate_files`.
command_outcome apply_files(const std::string& folder,
                            const document_values& values, const api_place& api,
                            const sync_check& check = {});

/// Writes a file for each sync that the API shows. In place of secrets stands
/// `${…}`, a variable whose name is reported. A file that is there already is
/// not replaced.
command_outcome export_files(const std::string& folder, const api_place& api);

/// @returns YAML that `read_sync_document` reads as the same document, with
/// `${<prefix>_<PLACE>}` in place of each `***`.
/// @param definition A JSON object.
/// @param variables Gets the names of these variables appended. None that is in
/// it is used: a number behind the name tells them apart.
std::string write_sync_document(const std::string& definition,
                                const std::string& prefix,
                                std::vector<std::string>& variables);

} // namespace motorcade
