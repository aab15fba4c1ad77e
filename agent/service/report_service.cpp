// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/report_service.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "base/log.h"

namespace mtasts::service {
namespace {

using intake::PutOutcome;

constexpr size_t kMostListed = 1000;

web::SubmissionOutcome submission_outcome(PutOutcome outcome) {
  switch (outcome) {
    case PutOutcome::kept:
      return web::SubmissionOutcome::kept;
    case PutOutcome::known:
      return web::SubmissionOutcome::known;
    case PutOutcome::full:
      return web::SubmissionOutcome::full;
    case PutOutcome::failed:
      break;
  }
  return web::SubmissionOutcome::failed;
}

int whole_days(std::chrono::milliseconds time) {
  return static_cast<int>(std::chrono::floor<std::chrono::days>(time).count());
}

}  // namespace

// Lives on the loop thread, except that other threads post to it.
struct ReportService::Board {
  board::LatestReports& reports;
  present::ExpositionCache& exposition;
  bool active = true;  // loop thread: the service still exists

  void set(const std::string& domain, const reports::DomainSummaryPtr& summary) {
    if (active) exposition.apply(reports.set_reported(domain, summary));
  }
};

Result<std::unique_ptr<ReportService>> ReportService::start(
    const Surroundings& around, const settings::ReportsSettings& settings) {
  auto spool = intake::Spool::open(intake::spool_directory_of(around.state_path));
  if (!spool) return spool.failure();
  if (intake::spool_directory_of(around.state_path).empty())
    log(LogLevel::warning,
        "TLS reports are kept in memory only and are lost at exit; set [state] path to a file");
  std::unique_ptr<ReportService> service(
      new ReportService(around, settings, std::move(*spool)));  // NOLINT: a private constructor
  service->start_intake();
  if (auto listening = service->listen(); !listening) return listening.failure();
  service->start_polling();
  return service;
}

ReportService::ReportService(const Surroundings& around, const settings::ReportsSettings& settings,
                             std::unique_ptr<intake::Spool> spool)
    : around_(around),
      settings_(settings),
      board_(std::make_shared<Board>(Board{around.reports, around.exposition})),
      names_(around.reports),
      spool_(std::move(spool)),
      store_(around.state) {
  around_.metrics.enable_reports();
}

ReportService::~ReportService() {
  server_.reset();
  endpoint_.reset();
  mailbox_.reset();
  maildir_.reset();
  spool_->close();
  intake_.reset();
  board_->active = false;
  around_.reports.set_rejected_reports(nullptr);
  around_.metrics.set_spool_entries(0);
  around_.metrics.set_endpoint_certificate(std::nullopt);
  around_.metrics.set_mailbox(std::nullopt);
}

void ReportService::start_intake() {
  intake::IntakeHooks hooks;
  hooks.summarized = [board = board_, loop = around_.loop](
                         const std::string& domain, const reports::DomainSummaryPtr& summary) {
    boost::asio::post(loop, [board, domain, summary] { board->set(domain, summary); });
  };
  hooks.rejected = [&metrics = around_.metrics](reports::Rejection reason) {
    metrics.count_rejected_report(reason);
  };
  intake::IntakeOptions options;
  options.retention = settings_.retention;
  options.window_days = whole_days(settings_.window);
  options.authserv_id = settings_.authserv_id;
  intake_ = std::make_unique<intake::ReportIntake>(*spool_, store_, names_, std::move(hooks),
                                                   std::move(options));
}

Result<void> ReportService::listen() {
  const settings::ReportsHttpsSettings& https = settings_.https;
  if (https.listen.empty()) return {};
  if (!https.cert_file.empty()) {
    auto tls = web::TlsContext::open(https.cert_file, https.key_file);
    if (!tls) return tls.failure();
    tls_ = std::move(*tls);
  }
  auto keep = [&spool = *spool_](std::string octets, const web::Submission& from) {
    auto source = from.trusted ? intake::Source::submit : intake::Source::https;
    return submission_outcome(spool.put(octets, source, from.trusted, from.client, system_now()));
  };
  endpoint_ =
      std::make_unique<web::ReportEndpoint>(std::move(keep), https.path, https.submit_token_file);
  auto server = web::WebServer::start(https.listen, *endpoint_, web::report_web_limits(),
                                      "[reports.https] listen", tls_);
  if (!server) return server.failure();
  server_ = std::move(*server);
  for (const settings::Endpoint& endpoint : server_->endpoints())
    log(LogLevel::info, "listening for TLS reports",
        {{"address", endpoint.text()}, {"path", https.path}});
  return {};
}

void ReportService::start_polling() {
  auto deliver_as = [&spool = *spool_](intake::Source source) {
    return [&spool, source](const std::string& octets) {
      return spool.put(octets, source, true, name_of(source), system_now());
    };
  };
  if (!settings_.mailbox.url.empty()) {
    intake::MailboxOptions options;
    options.mailbox = settings_.mailbox;
    options.retention = settings_.retention;
    if (!intake::spool_directory_of(around_.state_path).empty())
      options.mark_file = around_.state_path + "-mailbox";
    mailbox_ = std::make_unique<intake::MailboxPoller>(std::move(options),
                                                       deliver_as(intake::Source::mailbox));
  }
  if (!settings_.maildir.empty()) {
    intake::MaildirOptions options;
    options.path = settings_.maildir;
    maildir_ = std::make_unique<intake::MaildirPoller>(std::move(options),
                                                       deliver_as(intake::Source::maildir));
  }
}

void ReportService::add_domain(const std::string& domain) {
  static const auto kNothing = std::make_shared<const reports::DomainSummary>();
  board::DomainEntryPtr entry = around_.reports.find(domain);
  if (entry != nullptr && entry->reported == nullptr) board_->set(domain, kNothing);
}

void ReportService::domains_changed(bool has_new) {
  names_.domains_changed();
  if (has_new) intake_->refresh();
}

void ReportService::tick() {
  around_.reports.set_rejected_reports(
      std::make_shared<const reports::RejectedReports>(intake_->rejected()));
  around_.metrics.set_spool_entries(spool_->usage().entries);
  if (std::string trouble = spool_->trouble(); trouble != spool_trouble_) {
    if (!trouble.empty())
      log(LogLevel::error, "cannot keep TLS reports; senders are told to try again",
          {{"error", trouble}});
    spool_trouble_ = std::move(trouble);
  }
  if (tls_ != nullptr)
    around_.metrics.set_endpoint_certificate(present::EndpointCertificate{
        tls_->not_before(), tls_->not_after(), tls_->trouble().empty()});
  if (mailbox_ == nullptr) return;
  const intake::MailboxStatus status = mailbox_->status();
  around_.metrics.set_mailbox(
      present::MailboxFacts{status.last_success, status.messages_total, status.failures_total});
}

void ReportService::list(const std::string& domain, int days, Listed done) {
  auto task = [domain, days, done](report_store::ReportStore& store) {
    done(store.list(domain, days, kMostListed, system_now()));
  };
  if (!intake_->query(std::move(task)))
    done(Failure{FailureKind::io, "the agent is busy with other requests; try again"});
}

std::vector<settings::Endpoint> ReportService::endpoints() const {
  return server_ == nullptr ? std::vector<settings::Endpoint>() : server_->endpoints();
}

}  // namespace mtasts::service
