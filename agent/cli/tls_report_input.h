// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What `report` is given: files, folders and standard input, to the TLS reports in them. A file is
// JSON, gzip of JSON, a mail, or a mailbox file (mbox), told by its first octets. A folder is read
// with all folders in it, sorted by name, without hidden files and the index files of a mail
// server; links to folders are not followed. Bounded in memory; one document at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "intake/unpack.h"

namespace mtasts::cli {

inline constexpr size_t kMostReportFiles = 100000;  // of one folder
inline constexpr int kReportFolderDepth = 20;

// One file, or one mail of a mailbox file.
struct ReportDocument {
  std::string file;            // as named on the command line, or below it; "-" for standard input
  size_t message = 0;          // of a mailbox file, from 1; else 0
  bool in_collection = false;  // of a mailbox file or a folder, where other mails are usual
  intake::Unpacked unpacked;
};

struct UnreadableFile {
  std::string file;
  std::string message;  // a sentence, fit to show
};

using TakeDocument = std::function<void(ReportDocument&& document)>;
// Calls `take` for each document in order. Returns what could not be opened or read.
std::vector<UnreadableFile> read_report_inputs(const std::vector<std::string>& names,
                                               std::istream& standard_input,
                                               const TakeDocument& take);

}  // namespace mtasts::cli
