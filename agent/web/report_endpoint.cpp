// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/report_endpoint.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/log.h"
#include "web/client_table.h"
#include "web/request_target.h"
#include "web/token_file.h"

namespace mtasts::web {
namespace {

using std::chrono::steady_clock;

// Announced and not sent; more than what proxies drop silently.
constexpr size_t kWithheld_bytes = 1024;
constexpr std::chrono::seconds kLogInterval{60};

HttpResponse incomplete() {
  HttpResponse response =
      text_response(503, "The report cannot be accepted now; send it again later.");
  response.withheld_bytes = kWithheld_bytes;
  return response;
}

// RFC 6750 §2.1; nothing without a bearer token.
std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size() ||
      !equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  return trim(authorization.substr(kScheme.size()));
}

ClientLimits client_limits(const ReportEndpointLimits& limits) {
  ClientLimits own;
  own.requests = limits.requests;
  own.bytes = limits.bytes;
  own.refill = limits.refill;
  own.clients = limits.clients;
  own.bytes_in_progress = limits.bytes_in_progress;
  own.client_bytes_in_progress = limits.client_bytes_in_progress;
  return own;
}

}  // namespace

class ReportEndpoint::Desk {
 public:
  Desk(KeepSubmission keep, const ReportEndpointLimits& limits)
      : keep_(std::move(keep)),
        limits_(limits),
        clients_(std::make_shared<ClientTable>(client_limits(limits))) {
    for (size_t i = 0; i < limits_.threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  void configure(std::string path, std::string submit_token_file);
  Admission admit(const HttpRequest& head);
  void answer(const HttpRequest& request, const Done& done);
  HttpResponse no_answer();
  ReportEndpointCounts counts() const;

 private:
  struct Configuration {
    std::string path;
    std::shared_ptr<TokenFile> token;
  };
  struct Job {
    Submission submission;
    std::string octets;
    Done done;
    std::shared_ptr<void> hold;
  };

  Configuration configuration() const;
  bool enqueue(Job job);
  void work();
  HttpResponse keep(Job& job);
  HttpResponse limited(const std::string& client);

  const KeepSubmission keep_;
  const ReportEndpointLimits limits_;
  const std::shared_ptr<ClientTable> clients_;
  mutable std::mutex mutex_;
  Configuration configuration_;
  ReportEndpointCounts counts_;
  std::deque<Job> queue_;
  std::map<std::string, size_t> queued_;  // by client
  std::condition_variable changed_;
  steady_clock::time_point logged_{};
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

ReportEndpoint::Desk::~Desk() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  for (Job& job : queue_) job.done(incomplete());
}

void ReportEndpoint::Desk::configure(std::string path, std::string submit_token_file) {
  auto token = std::make_shared<TokenFile>(std::move(submit_token_file));
  std::lock_guard lock(mutex_);
  configuration_.path = std::move(path);
  configuration_.token = std::move(token);
}

ReportEndpoint::Desk::Configuration ReportEndpoint::Desk::configuration() const {
  std::lock_guard lock(mutex_);
  return configuration_;
}

Admission ReportEndpoint::Desk::admit(const HttpRequest& head) {
  Admission admission;
  const Configuration own = configuration();
  auto target = parse_target(head.target);
  if (!target.ok()) {
    admission.refusal = text_response(400, target.failure().detail);
    return admission;
  }
  if (target->path != own.path) {
    admission.refusal = text_response(404, "Not found.");
    return admission;
  }
  if (head.method != "POST") {
    admission.refusal = text_response(405, "Allowed methods: POST.");
    admission.refusal->allow = "POST";
    return admission;
  }
  const std::string client = client_of(head);
  const uint64_t announced = head.announced_bytes.value_or(limits_.body_bytes);
  const size_t bytes = static_cast<size_t>(std::min<uint64_t>(announced, limits_.body_bytes));
  admission.hold = clients_->begin(client, bytes, steady_clock::now());
  if (admission.hold == nullptr) {
    admission.refusal = limited(client);
    return admission;
  }
  // Senders of reports send no token: this is our own mail server, which must learn of its mistake.
  const auto token = bearer_token(head.authorization);
  if (token && own.token->usable() && !own.token->matches(*token)) {
    admission.refusal = text_response(401, "The bearer token is not that of submit_token_file.");
    return admission;
  }
  admission.body_bytes = limits_.body_bytes;
  return admission;
}

void ReportEndpoint::Desk::answer(const HttpRequest& request, const Done& done) {
  const auto token = bearer_token(request.authorization);
  Job job;
  job.submission.client = client_of(request);
  job.submission.trusted = token && configuration().token->matches(*token);
  job.octets = request.body;
  job.done = done;
  job.hold = request.hold;
  const std::string client = job.submission.client;
  clients_->charge(client, job.octets.size(), steady_clock::now());
  if (!enqueue(std::move(job))) done(limited(client));
}

bool ReportEndpoint::Desk::enqueue(Job job) {
  {
    std::lock_guard lock(mutex_);
    size_t& own = queued_[job.submission.client];
    if (stopping_ || queue_.size() >= limits_.queue || own >= limits_.client_queue) {
      if (own == 0) queued_.erase(job.submission.client);
      return false;
    }
    ++own;
    queue_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void ReportEndpoint::Desk::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      auto own = queued_.find(job.submission.client);
      if (--own->second == 0) queued_.erase(own);
      lock.unlock();
      HttpResponse response = keep(job);
      job.hold.reset();
      job.done(std::move(response));
    }
    lock.lock();
  }
}

HttpResponse ReportEndpoint::Desk::keep(Job& job) {
  SubmissionOutcome outcome = SubmissionOutcome::failed;
  try {
    outcome = keep_(std::move(job.octets), job.submission);
  } catch (const std::exception& broken) {
    log(LogLevel::error, "keeping a report failed with an exception", {{"what", broken.what()}});
  }
  std::lock_guard lock(mutex_);
  switch (outcome) {
    case SubmissionOutcome::kept:
      ++counts_.kept;
      return text_response(201, "The report was accepted.");
    case SubmissionOutcome::known:
      ++counts_.known;
      return text_response(200, "The report was accepted before.");
    case SubmissionOutcome::full:
      ++counts_.full;
      break;
    case SubmissionOutcome::failed:
      ++counts_.failed;
      break;
  }
  return incomplete();
}

HttpResponse ReportEndpoint::Desk::limited(const std::string& client) {
  std::lock_guard lock(mutex_);
  ++counts_.limited;
  const auto now = steady_clock::now();
  if (logged_ == steady_clock::time_point() || now - logged_ > kLogInterval) {
    logged_ = now;
    log(LogLevel::warning, "refused a report, because its sender sends too much at once",
        {{"client", client}});
  }
  return incomplete();
}

HttpResponse ReportEndpoint::Desk::no_answer() {
  std::lock_guard lock(mutex_);
  ++counts_.failed;
  return incomplete();
}

ReportEndpointCounts ReportEndpoint::Desk::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

WebLimits report_web_limits() {
  WebLimits limits;
  limits.request = std::chrono::seconds(60);
  limits.idle = std::chrono::seconds(30);
  limits.write = std::chrono::seconds(10);
  limits.response = std::chrono::seconds(10);
  limits.answer = ReportEndpointLimits{}.answer;
  limits.header_bytes = 16 * 1024;
  limits.connections = 512;
  limits.client_connections = 64;
  limits.closes_idle = true;
  return limits;
}

ReportEndpoint::ReportEndpoint(KeepSubmission keep, std::string path, std::string submit_token_file,
                               ReportEndpointLimits limits)
    : desk_(std::make_unique<Desk>(std::move(keep), limits)) {
  configure(std::move(path), std::move(submit_token_file));
}

ReportEndpoint::~ReportEndpoint() = default;

void ReportEndpoint::configure(std::string path, std::string submit_token_file) {
  desk_->configure(std::move(path), std::move(submit_token_file));
}

Admission ReportEndpoint::admit(const HttpRequest& head) const { return desk_->admit(head); }
void ReportEndpoint::answer(const HttpRequest& request, const Done& done) const {
  desk_->answer(request, done);
}
HttpResponse ReportEndpoint::no_answer(bool) const { return desk_->no_answer(); }
ReportEndpointCounts ReportEndpoint::counts() const { return desk_->counts(); }

}  // namespace mtasts::web
