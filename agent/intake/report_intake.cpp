// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/report_intake.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/printable.h"
#include "intake/plain_report.h"
#include "intake/rejection_text.h"
#include "intake/unpack.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::intake {
namespace {

using report_store::AddOutcome;
using reports::Day;
using reports::Rejection;
using reports::StoredReport;
using std::chrono::steady_clock;

// One transaction: large enough that its fsync costs little per report.
constexpr size_t kMostInBatch = 64;
constexpr size_t kMostBytesInBatch = 16 * 1024 * 1024;
constexpr size_t kSummariesPerStep = 20;
// While reports keep coming, a domain is not summarised for each of them.
constexpr std::chrono::milliseconds kSummaryPause{200};
constexpr size_t kMostQueries = 64;
constexpr std::chrono::hours kPurgePause{1};
constexpr std::chrono::milliseconds kTurn{100};  // then a stop, a query or a new day is noticed
// Entries that wait for MX hosts, far less than the spool holds. The latest does not wait longer
// than kLongestHold, however often the agent restarts.
constexpr size_t kMostHeld = 1000;
constexpr size_t kMostHeld_bytes = 64 * 1024 * 1024;
constexpr std::chrono::hours kLongestHold{24};
constexpr size_t kShownDetail_bytes = 300;

Day day_of(Time time) { return std::chrono::floor<std::chrono::days>(time); }

}  // namespace

// Entries of the spool and the reports in them. What is rejected is told only once the rest is
// stored: until then the entries may come again.
struct ReportIntake::Batch {
  struct Rejected {
    size_t entry = 0;
    Rejection reason = Rejection::malformed;
    std::string from;
    std::string detail;
  };
  std::vector<SpoolEntry> entries;
  std::vector<StoredReport> reports;
  std::vector<size_t> owner;  // the entry of each report
  std::vector<Rejected> rejected;
  std::map<size_t, size_t> held;  // octets of the entries that stay in the spool
};

ReportIntake::ReportIntake(Spool& spool, report_store::ReportStore& store,
                           const reports::OwnNames& own, IntakeHooks hooks, IntakeOptions options)
    : spool_(spool),
      store_(store),
      own_(own),
      hooks_(std::move(hooks)),
      options_(std::move(options)),
      thread_([this] { run(); }) {}

ReportIntake::~ReportIntake() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ReportIntake::refresh() {
  std::lock_guard lock(mutex_);
  refresh_ = true;
}

bool ReportIntake::query(std::function<void(report_store::ReportStore&)> task) {
  std::lock_guard lock(mutex_);
  if (stopping_ || queries_.size() >= kMostQueries) return false;
  queries_.push_back(std::move(task));
  return true;
}

reports::RejectedReports ReportIntake::rejected() const {
  const Time oldest = options_.clock() - reports::kRejectedShown;
  std::lock_guard lock(mutex_);
  reports::RejectedReports all;
  std::copy_if(rejected_.begin(), rejected_.end(), std::back_inserter(all),
               [&](const reports::RejectedReport& one) { return one.received >= oldest; });
  return all;
}

void ReportIntake::drain() {
  std::unique_lock lock(mutex_);
  uint64_t round = idle_rounds_ + 2;  // a round in progress may have missed the latest entry
  changed_.wait(lock, [&] { return stopping_ || idle_rounds_ >= round; });
}

void ReportIntake::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    step();
    lock.lock();
    if (has_work() && !store_fails_) continue;
    ++idle_rounds_;
    changed_.notify_all();
    if (store_fails_) changed_.wait_for(lock, options_.retry_after, [this] { return stopping_; });
  }
  changed_.notify_all();
}

bool ReportIntake::has_work() const { return !to_summarise_.empty() || more_to_purge_ || took_; }

void ReportIntake::step() {
  store_fails_ = false;
  Batch batch;
  try {
    answer_queries();
    plan_summaries();
    release_held();
    take_entries(batch);
    process(batch);
    summarise_some();
    purge_some();
  } catch (const std::exception& broken) {
    log(LogLevel::error, "processing TLS reports failed", {{"what", broken.what()}});
    store_fails_ = true;  // for the pause
  }
  for (const SpoolEntry& entry : batch.entries) spool_.give_back(entry.id);
}

// How long there is nothing else to do.
std::chrono::milliseconds ReportIntake::patience() const {
  if (took_ || more_to_purge_) return std::chrono::milliseconds(0);
  if (to_summarise_.empty()) return kTurn;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(summarise_at_ - steady_clock::now());
  return std::clamp(left, std::chrono::milliseconds(0), kTurn);
}

void ReportIntake::take_entries(Batch& batch) {
  std::chrono::milliseconds wait = patience();
  size_t bytes = 0;
  while (batch.entries.size() < kMostInBatch && bytes < kMostBytesInBatch) {
    std::optional<SpoolEntry> entry = spool_.take_oldest(wait);
    if (!entry) break;
    bytes += entry->octets.size();
    batch.entries.push_back(std::move(*entry));
    wait = std::chrono::milliseconds(0);
  }
  took_ = !batch.entries.empty();
}

// What was processed leaves the batch; the rest is given back.
void ReportIntake::process(Batch& batch) {
  for (size_t i = 0; i < batch.entries.size(); ++i) unpack(i, batch);
  if (!store_batch(batch)) return;
  for (const Batch::Rejected& one : batch.rejected)
    reject(batch.entries[one.entry], one.reason, one.from, one.detail);
  for (size_t i = 0; i < batch.entries.size(); ++i) {
    if (auto held = batch.held.find(i); held != batch.held.end())
      hold(batch.entries[i], held->second);
    else
      spool_.remove(batch.entries[i].id);
  }
  batch.entries.clear();
}

bool ReportIntake::may_hold(const SpoolEntry& entry, size_t size_bytes) const {
  const Time now = options_.clock();
  return now < hold_until_ && now < entry.received + kLongestHold && held_.size() < kMostHeld &&
         held_bytes_ + size_bytes <= kMostHeld_bytes;
}

// It is neither removed nor given back, so another process finds it after a crash.
void ReportIntake::hold(const SpoolEntry& entry, size_t size_bytes) {
  if (held_.empty())
    log(LogLevel::info,
        "TLS reports that may be about an MX host wait until every domain was checked");
  held_.emplace(entry.id, Held{size_bytes, entry.received});
  held_bytes_ += size_bytes;
}

void ReportIntake::release_held() {
  if (held_.empty()) return;
  const Time now = options_.clock();
  const bool all = own_.knows_mx_hosts() || now >= hold_until_;
  for (auto entry = held_.begin(); entry != held_.end();) {
    const auto& [id, held] = *entry;
    if (!all && now < held.received + kLongestHold) {
      ++entry;
      continue;
    }
    spool_.give_back(id);
    held_bytes_ -= held.size_bytes;
    entry = held_.erase(entry);
  }
}

void ReportIntake::unpack(size_t index, Batch& batch) {
  SpoolEntry& entry = batch.entries[index];
  // Of no further use: the spool has them.
  const std::string octets = std::move(entry.octets);
  const size_t reports_before = batch.reports.size();
  const size_t rejected_before = batch.rejected.size();
  bool is_uncertain = false;
  if (auto report = read_plain_report(octets)) {
    is_uncertain = admit(index, *report, {}, batch);
  } else {
    UnpackOptions unpacking;
    unpacking.authserv_id = options_.authserv_id;
    unpacking.trusted_mail = entry.trusted;
    Unpacked unpacked = intake::unpack(octets, unpacking);
    if (unpacked.rejection)
      batch.rejected.push_back({index, *unpacked.rejection, unpacked.from_domain, unpacked.reason});
    for (const UnpackedReport& one : unpacked.reports)
      if (admit(index, protocol::parse_tls_report(one.json), one.envelope, batch))
        is_uncertain = true;
  }
  if (!is_uncertain || !may_hold(entry, octets.size())) return;
  // The whole entry: the store would take a second part of a report for a duplicate of the first.
  batch.reports.resize(reports_before);
  batch.owner.resize(reports_before);
  batch.rejected.resize(rejected_before);
  batch.held.emplace(index, octets.size());
}

// True: whether it is about a domain of the settings is not known yet.
bool ReportIntake::admit(size_t index, const Result<protocol::TlsReport>& report,
                         const reports::ReportEnvelope& envelope, Batch& batch) {
  if (!report) {
    batch.rejected.push_back(
        {index, Rejection::malformed, sender_text(nullptr, envelope), report.failure().detail});
    return false;
  }
  reports::Admission admission =
      reports::admit(*report, envelope, own_, options_.retention, options_.clock());
  for (Rejection reason : admission.rejections)
    batch.rejected.push_back({index, reason, sender_text(&*report, envelope),
                              rejection_text(reason, *report, admission)});
  for (StoredReport& stored : admission.stored) {
    stored.received = batch.entries[index].received;
    batch.reports.push_back(std::move(stored));
    batch.owner.push_back(index);
  }
  return admission.is_uncertain;
}

bool ReportIntake::store_batch(Batch& batch) {
  if (batch.reports.empty()) return true;
  auto added = store_.add(batch.reports);
  if (!added) return store_alone(batch);
  settle(batch, 0, *added);
  return true;
}

// One report that the store refuses must not hold up the others: those that can be stored alone
// are, and what fails beside them is given up. When all fail, the store does, and everything stays.
bool ReportIntake::store_alone(Batch& batch) {
  std::vector<size_t> refused;
  std::string why;
  for (size_t i = 0; i < batch.reports.size(); ++i) {
    auto added = store_.add({batch.reports[i]});
    if (added) {
      settle(batch, i, *added);
    } else {
      refused.push_back(i);
      why = added.failure().detail;
    }
  }
  if (refused.empty()) return true;
  if (refused.size() == batch.reports.size()) {
    store_fails_ = true;
    log(LogLevel::error, "cannot store TLS reports; they stay in the spool and are tried again",
        {{"reports", std::to_string(refused.size())}, {"error", why}});
    return false;
  }
  for (size_t i : refused)
    reject(batch.entries[batch.owner[i]], Rejection::malformed, batch.reports[i].organization,
           "the store refused it: " + why);
  return true;
}

void ReportIntake::settle(const Batch& batch, size_t first, const std::vector<AddOutcome>& done) {
  for (size_t i = 0; i < done.size(); ++i) {
    const StoredReport& report = batch.reports[first + i];
    bool duplicate = done[i] == AddOutcome::duplicate;
    if (duplicate) {
      if (hooks_.rejected) hooks_.rejected(Rejection::duplicate);
    } else {
      to_summarise_.insert(report.domain);
    }
    log(LogLevel::debug, duplicate ? "TLS report is known" : "TLS report stored",
        {{"domain", report.domain},
         {"organization", printable(report.organization, kShownDetail_bytes)},
         {"report_id", printable(report.report_id, kShownDetail_bytes)}});
  }
}

// The window moves at midnight, and reloads bring new domains.
void ReportIntake::plan_summaries() {
  bool wanted = false;
  {
    std::lock_guard lock(mutex_);
    wanted = std::exchange(refresh_, false);
  }
  if (wanted) hold_until_ = options_.clock() + options_.hold;
  Day today = day_of(options_.clock());
  if (!wanted && today == summarised_day_) return;
  auto domains = store_.domains();
  if (!domains) {
    std::lock_guard lock(mutex_);
    refresh_ = true;
    store_fails_ = true;
    return;
  }
  summarised_day_ = today;
  for (std::string& domain : *domains)
    if (own_.is_configured(domain)) to_summarise_.insert(std::move(domain));
}

void ReportIntake::answer_queries() {
  std::deque<std::function<void(report_store::ReportStore&)>> queries;
  {
    std::lock_guard lock(mutex_);
    queries.swap(queries_);
  }
  for (const auto& query : queries) query(store_);
}

void ReportIntake::summarise_some() {
  if (to_summarise_.empty() || steady_clock::now() < summarise_at_) return;
  for (size_t i = 0; i < kSummariesPerStep && !to_summarise_.empty() && !store_fails_; ++i) {
    std::string domain = *to_summarise_.begin();
    summarise(domain);
  }
  if (to_summarise_.empty()) summarise_at_ = steady_clock::now() + kSummaryPause;
}

void ReportIntake::summarise(const std::string& domain) {
  auto summary = store_.summary(domain, options_.window_days, options_.clock());
  if (!summary) {
    store_fails_ = true;
    log(LogLevel::error, "cannot summarise TLS reports",
        {{"domain", domain}, {"error", summary.failure().detail}});
    return;
  }
  to_summarise_.erase(domain);
  if (hooks_.summarized)
    hooks_.summarized(domain, std::make_shared<const reports::DomainSummary>(std::move(*summary)));
}

void ReportIntake::purge_some() {
  if (steady_clock::now() < purge_at_) return;
  auto more = store_.purge(day_of(options_.clock() - options_.retention));
  more_to_purge_ = more && *more;
  if (more_to_purge_) return;
  purge_at_ = steady_clock::now() + kPurgePause;
  if (!more)
    log(LogLevel::error, "cannot delete old TLS reports", {{"error", more.failure().detail}});
}

void ReportIntake::reject(const SpoolEntry& entry, Rejection reason, std::string_view from,
                          std::string_view detail) {
  if (hooks_.rejected) hooks_.rejected(reason);
  reports::RejectedReport rejected{entry.received, std::string(name_of(entry.source)),
                                   printable(from, kShownSender_bytes), reason,
                                   printable(detail, kShownDetail_bytes)};
  log(LogLevel::info, "TLS report not used",
      {{"source", rejected.source},
       {"from", rejected.from},
       {"reason", std::string(name_of(reason))},
       {"detail", rejected.detail}});
  std::lock_guard lock(mutex_);
  auto is_alike = [&](const reports::RejectedReport& one) { return one.source == rejected.source; };
  auto alike = std::count_if(rejected_.begin(), rejected_.end(), is_alike);
  if (static_cast<size_t>(alike) >= reports::kMostRejectedOfSource) {
    auto oldest = std::find_if(rejected_.rbegin(), rejected_.rend(), is_alike);
    rejected_.erase(std::next(oldest).base());
  }
  rejected_.push_front(std::move(rejected));
}

}  // namespace mtasts::intake
