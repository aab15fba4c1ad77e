// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportService: everything that takes in TLS reports (RFC 8460): the spool, the HTTPS endpoint,
// the pollers of mailbox and Maildir, the store and the intake between them. Made while [reports]
// is enabled, and made anew when its settings change. Summaries reach the board on the loop, and
// stay there for the next service. Created, used and destroyed on the loop thread; list(): any
// thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "board/latest_reports.h"
#include "intake/mailbox_poller.h"
#include "intake/maildir_poller.h"
#include "intake/report_intake.h"
#include "intake/spool.h"
#include "present/agent_metrics.h"
#include "present/exposition_cache.h"
#include "report_store/sqlite_report_store.h"
#include "reports/listing.h"
#include "service/board_names.h"
#include "settings/settings.h"
#include "state/state.h"
#include "web/report_endpoint.h"
#include "web/tls_context.h"
#include "web/web_server.h"

namespace mtasts::service {

class ReportService {
 public:
  // All references must outlive the service.
  struct Surroundings {
    boost::asio::any_io_executor loop;
    board::LatestReports& reports;
    present::ExpositionCache& exposition;
    present::AgentMetrics& metrics;
    state::State& state;
    std::string state_path;
  };

  // Opens the spool, listens and starts to poll. The failure is one sentence.
  static Result<std::unique_ptr<ReportService>> start(const Surroundings& around,
                                                      const settings::ReportsSettings& settings);
  ~ReportService();
  ReportService(const ReportService&) = delete;
  ReportService& operator=(const ReportService&) = delete;

  // A configured domain that may be new gets a summary that says nothing yet.
  void add_domain(const std::string& domain);
  // Configured domains were added or removed; with new ones, summaries are made again.
  void domains_changed(bool has_new);
  // Brings the metrics of the agent and the list of rejected reports up to date. Call it often.
  void tick();

  using Listed = std::function<void(Result<reports::ReportListing>)>;
  // `done` runs on another thread, or never while the agent shuts down.
  void list(const std::string& domain, int days, Listed done);

  // Of the endpoint; for tests, which let the system choose the port.
  std::vector<settings::Endpoint> endpoints() const;

 private:
  struct Board;  // what summaries are handed to; outlives the service while work is queued

  ReportService(const Surroundings& around, const settings::ReportsSettings& settings,
                std::unique_ptr<intake::Spool> spool);
  Result<void> listen();
  void start_intake();
  void start_polling();

  const Surroundings around_;
  const settings::ReportsSettings settings_;
  const std::shared_ptr<Board> board_;
  BoardNames names_;
  std::unique_ptr<intake::Spool> spool_;
  std::string spool_trouble_;  // as logged last
  report_store::SqliteReportStore store_;
  std::unique_ptr<intake::ReportIntake> intake_;
  std::unique_ptr<web::ReportEndpoint> endpoint_;
  std::shared_ptr<web::TlsContext> tls_;
  std::unique_ptr<web::WebServer> server_;  // after the endpoint, so that it ends before it
  std::unique_ptr<intake::MailboxPoller> mailbox_;
  std::unique_ptr<intake::MaildirPoller> maildir_;
};

}  // namespace mtasts::service
