// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The worker's access to the file: transactions, and recovery from a corrupt file.
#include <utility>

#include "base/log.h"
#include "state/change_rows.h"
#include "state/schema.h"
#include "state/state_worker.h"

namespace mtasts::state {
namespace {

constexpr int kMoreReads = 2;  // of a domain, after an error

}  // namespace

bool State::Worker::open_again() {
  if (database_ != nullptr) return true;
  error_ = {};
  if (!file_->hold(error_)) return false;
  if (moved_ && !file_->set_aside("replaced", "it was removed or replaced while the agent ran",
                                  error_, StateFile::Log::of_another))
    return false;
  moved_ = false;
  database_ = file_->open(error_);
  if (database_ != nullptr) database_->watch(&hurry_);
  return database_ != nullptr;
}

// The file turned out to be corrupt while in use: the next write begins a new one. Closes first:
// otherwise the file would be renamed under a connection that still writes its log.
void State::Worker::close_broken() {
  const std::string reason = error_.text;
  database_->checkpoint_on_close(false);
  database_.reset();
  writer_.forget();
  file_->set_aside("corrupt", reason, error_);
}

// The file was removed or replaced, so writes go nowhere. The file at the path is set aside before
// a new one is begun; reports are written again as the checks of their domains finish.
void State::Worker::leave_moved() {
  database_->checkpoint_on_close(false);
  database_.reset();
  writer_.forget();
  moved_ = true;
}

bool State::Worker::write_once(const std::vector<Queued>& batch, size_t& failed_at) {
  database_->begin();
  for (failed_at = 0; failed_at < batch.size() && !database_->failed(); ++failed_at)
    writer_.write(*database_, batch[failed_at]);
  bool written = database_->commit();
  if (written) return true;
  error_ = database_->error();
  database_->roll_back();
  writer_.forget();
  return false;
}

bool State::Worker::write(std::vector<Queued> kept) {
  // A corrupt file is replaced once; a report that the database refuses is dropped.
  if (database_ != nullptr && database_->has_moved()) leave_moved();
  for (bool replaced = false; !kept.empty();) {
    if (!open_again()) return false;
    size_t failed_at = 0;
    if (write_once(kept, failed_at)) break;
    if (error_.trouble == ErrorClass::corrupt && !replaced) {
      replaced = true;
      close_broken();
    } else if (error_.trouble == ErrorClass::refused && failed_at > 0) {
      auto place = kept.begin() + static_cast<ptrdiff_t>(failed_at - 1);
      log(LogLevel::error, "a report cannot be stored",
          {{"domain", place->report->domain}, {"error", error_.text}});
      kept.erase(place);
    } else {
      return false;
    }
  }
  return true;
}

DatabaseError State::Worker::run_with_database(const std::function<void(Database&)>& task) {
  if (database_ != nullptr && database_->has_moved()) leave_moved();
  if (!open_again()) return error_;
  try {
    task(*database_);
  } catch (...) {
    database_->roll_back();
    throw;
  }
  DatabaseError error = database_->error();
  database_->roll_back();
  if (error.trouble == ErrorClass::none) return error;
  error_ = error;
  if (error.trouble == ErrorClass::corrupt) close_broken();
  return error;
}

std::vector<Remembered> State::Worker::read(const std::vector<std::string>& domains) {
  std::vector<Remembered> remembered;
  open_again();
  Database* database = database_.get();
  std::unique_ptr<Database> aside;
  if (database == nullptr && !file_->in_memory() && !moved_ && file_->hold(error_)) {
    // A full disk may prevent the shared memory of a log; exclusive access needs none.
    DatabaseError ignored;
    aside = Database::open(file_->path(), Access::write_alone, ignored);
    if (aside != nullptr && look_at_schema(*aside).standing == SchemaStatus::ours)
      database = aside.get();
  }
  if (database == nullptr) return remembered;
  DomainReader reader;
  for (const std::string& domain : domains) {
    auto known = reader.read(*database, domain);
    // What is not recalled begins anew and is then written over the old: an error may be over soon.
    for (int more = kMoreReads; more > 0 && database->failed(); --more) {
      if (database->error().trouble == ErrorClass::corrupt) break;
      database->clear();
      reader = DomainReader();  // it may hold half of what failed
      known = reader.read(*database, domain);
    }
    if (known) remembered.push_back(std::move(*known));
    if (database->failed()) break;
  }
  if (!database->failed()) return remembered;
  log(LogLevel::error, "cannot read the complete state",
      {{"path", options_.path}, {"error", database->error().text}});
  bool corrupt = database->error().trouble == ErrorClass::corrupt;
  error_ = database->error();
  database->clear();
  if (corrupt && aside == nullptr) close_broken();
  return remembered;
}

Result<Timeline> State::Worker::read_changes(const std::string& domain) {
  auto fail = [&](const std::string& reason) {
    return Failure{FailureKind::io, "cannot read the state file " + options_.path + ": " + reason};
  };
  if (database_ == nullptr) return fail(error_.text);
  Timeline timeline = read_timeline(*database_, domain);
  if (!database_->failed()) return timeline;
  error_ = database_->error();
  database_->clear();
  if (error_.trouble == ErrorClass::corrupt) close_broken();
  return fail(error_.text);
}

}  // namespace mtasts::state
