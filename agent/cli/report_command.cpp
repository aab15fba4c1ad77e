// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/report_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <istream>
#include <memory>
#include <ostream>

#include "base/printable.h"
#include "cli/console_text.h"
#include "cli/exit_status.h"
#include "cli/tls_report_input.h"
#include "cli/tls_report_json.h"
#include "cli/tls_report_text.h"
#include "cli/tls_report_totals.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::cli {
namespace {

constexpr size_t kMostErrors = 1000;  // are named; all are counted
constexpr size_t kFileName_bytes = 1000;

int status_of(reports::Band band) {
  if (band == reports::Band::normal) return kExitOk;
  return band == reports::Band::watch ? kExitWarning : kExitCritical;
}

class ReportCommand {
 public:
  ReportCommand(const ReportOptions& options, std::ostream& out, std::ostream& err)
      : out_(out),
        err_(err),
        colour_(wants_colour(is_terminal(STDOUT_FILENO), colour_environment())),
        width_(terminal_width(STDOUT_FILENO)) {
    if (options.json) json_ = std::make_unique<TlsReportJsonWriter>(out);
  }

  int run(const ReportOptions& options, std::istream& in) {
    std::vector<UnreadableFile> unreadable = read_report_inputs(
        options.files, in, [this](ReportDocument&& document) { take(std::move(document)); });
    // Mails of anybody beside reports are nothing wrong; nothing but such mails is no report.
    const bool nothing = totals_.reports() == 0 && errors_ == 0 && unreadable.empty();
    if (nothing) add_error(options.files.front(), "no TLS report in it");
    for (const UnreadableFile& file : unreadable) name_error(file.file, file.message);
    if (json_)
      json_->finish(totals_, named_errors_);
    else
      out_ << tls_report_totals_text(totals_, unrelated_, colour_);
    out_.flush();
    if (!unreadable.empty()) return kExitUsage;
    return errors_ != 0 ? kExitData : status_of(totals_.worst_band());
  }

 private:
  void take(ReportDocument&& document) {
    for (intake::UnpackedReport& origin : document.unpacked.reports)
      read(document.file, document.message, std::move(origin));
    if (!document.unpacked.rejection) return;
    if (document.unpacked.unrelated && document.in_collection) {
      ++unrelated_;
      return;
    }
    add_error(document.file, of_message(document.message) + document.unpacked.reason);
  }

  void read(const std::string& file, size_t message, intake::UnpackedReport origin) {
    auto report = protocol::parse_tls_report(origin.json);
    origin.json = {};
    if (!report) return add_error(file, of_message(message) + report.failure().detail);
    const OfflineReport read = offline_report(file, message, std::move(*report), std::move(origin));
    if (!totals_.add(read)) return;
    if (json_)
      json_->add(read);
    else
      out_ << tls_report_text(read, colour_, width_);
  }

  static std::string of_message(size_t message) {
    return message == 0 ? std::string() : fmt::format("message {}: ", message);
  }

  void add_error(const std::string& file, const std::string& message) {
    ++errors_;
    name_error(file, message);
  }

  void name_error(const std::string& file, const std::string& message) {
    if (named_errors_.size() >= kMostErrors) return;
    named_errors_.push_back({file, message});
    err_ << "mtasts-exporter report: " << printable(file, kFileName_bytes) << ": " << message
         << "\n";
  }

  std::ostream& out_;
  std::ostream& err_;
  bool colour_;
  size_t width_;
  std::unique_ptr<TlsReportJsonWriter> json_;
  ReportTotals totals_;
  std::vector<TlsReportJsonWriter::Error> named_errors_;
  size_t errors_ = 0;
  size_t unrelated_ = 0;
};

}  // namespace

int run_report(const ReportOptions& options, std::istream& in, std::ostream& out,
               std::ostream& err) {
  return ReportCommand(options, out, err).run(options, in);
}

}  // namespace mtasts::cli
