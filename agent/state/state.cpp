// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/state.h"

#include <utility>

#include "state/schema.h"
#include "state/state_file.h"
#include "state/state_worker.h"

namespace mtasts::state {

Result<std::unique_ptr<State>> State::open(Options options) {
  auto file = StateFile::claim(options.path, options.clock, options.lock_timeout);
  if (!file) return file.failure();
  DatabaseError error;
  auto database = (*file)->open(error);
  // A full disk is no reason to fail: the file can be read, and the condition may pass. A file that
  // another process keeps locked cannot be read, and starting without it would overwrite its data.
  bool refuses = error.trouble == ErrorClass::denied || error.trouble == ErrorClass::busy;
  if (database == nullptr && refuses) {
    Failure failure = not_writable(options.path, error.text);
    if (error.trouble == ErrorClass::busy) failure.kind = FailureKind::not_yet;
    return failure;
  }
  auto worker =
      std::make_unique<Worker>(std::move(options), std::move(*file), std::move(database), error);
  return std::unique_ptr<State>(new State(std::move(worker)));  // NOLINT: private
}

State::State(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
State::~State() = default;

std::vector<Remembered> State::recall(const std::vector<std::string>& domains) {
  return worker_->recall(domains);
}

void State::remember(const verdict::ReportPtr& report, const board::LastResults& stages) {
  worker_->remember(report, stages);
}

void State::timeline(std::string domain, TimelineDone done) {
  worker_->timeline(std::move(domain), std::move(done));
}

DatabaseError State::with_database(const std::function<void(Database&)>& task) {
  return worker_->with_database(task);
}

bool State::writable() const { return worker_->writable(); }
size_t State::backlog() const { return worker_->backlog(); }
void State::flush() { worker_->flush(); }

}  // namespace mtasts::state
