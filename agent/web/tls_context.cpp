// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/tls_context.h"

#include <sys/stat.h>

#include <array>
#include <chrono>
#include <ctime>
#include <mutex>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "web/tls_loading.h"

namespace mtasts::web {
namespace {

namespace ssl = boost::asio::ssl;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kLookInterval{1};
// Certificate and key are written one after the other, and a file may be half written.
constexpr std::chrono::seconds kRetryInterval{10};
// What changes when a file is written or replaced.
struct Stamp {
  std::tuple<dev_t, ino_t, off_t, time_t, long> value{};
  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
           status.st_mtim.tv_nsec}};
}

}  // namespace

class TlsContext::Files {
 public:
  Files(settings::WebTlsSettings settings, std::string_view listener)
      : settings_(std::move(settings)), listener_(listener) {}

  Result<void> load_first() {
    std::lock_guard lock(mutex_);
    return reload(steady_clock::now());
  }

  LoadedTls loaded() {
    std::lock_guard lock(mutex_);
    const auto now = steady_clock::now();
    if (now - looked_ < kLookInterval) return loaded_;
    looked_ = now;
    if (stamps() == stamps_ && (trouble_.empty() || now - tried_ < kRetryInterval)) return loaded_;
    const std::string before = trouble_;
    auto reloaded = reload(now);
    if (reloaded.ok())
      log(LogLevel::info, "loaded the certificate of " + listener_ + " again",
          {{"file", settings_.cert_file}, {"not_after", rfc3339(loaded_.not_after)}});
    else if (trouble_ != before)
      log(LogLevel::error, "kept the old certificate of " + listener_, {{"error", trouble_}});
    return loaded_;
  }

  std::string trouble() const {
    std::lock_guard lock(mutex_);
    return trouble_;
  }

 private:
  Result<void> reload(steady_clock::time_point now) {
    tried_ = now;
    stamps_ = stamps();
    auto fresh = load_tls(settings_);
    trouble_ = fresh.ok() ? std::string() : fresh.failure().detail;
    if (!fresh.ok()) return fresh.failure();
    loaded_ = std::move(*fresh);
    return {};
  }

  std::array<Stamp, 3> stamps() const {
    return {stamp_of(settings_.cert_file), stamp_of(settings_.key_file),
            stamp_of(settings_.client_ca_file)};
  }

  const settings::WebTlsSettings settings_;
  const std::string listener_;
  mutable std::mutex mutex_;
  LoadedTls loaded_;
  std::array<Stamp, 3> stamps_;
  steady_clock::time_point looked_{};
  steady_clock::time_point tried_{};
  std::string trouble_;
};

TlsContext::TlsContext(std::shared_ptr<Files> files) : files_(std::move(files)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::open(const std::string& cert_file,
                                                     const std::string& key_file,
                                                     std::string_view section,
                                                     std::string_view listener) {
  settings::WebTlsSettings settings;
  settings.cert_file = cert_file;
  settings.key_file = key_file;
  settings.source = section;
  return open(std::move(settings), listener);
}

Result<std::shared_ptr<TlsContext>> TlsContext::open(settings::WebTlsSettings settings,
                                                     std::string_view listener) {
  auto files = std::make_shared<Files>(std::move(settings), listener);
  auto loaded = files->load_first();
  if (!loaded.ok()) return loaded.failure();
  return std::make_shared<TlsContext>(std::move(files));
}

void TlsContext::become(const TlsContext& fresh) {
  std::shared_ptr<Files> files = fresh.files();
  std::lock_guard lock(mutex_);
  files_ = std::move(files);
}

std::shared_ptr<TlsContext::Files> TlsContext::files() const {
  std::lock_guard lock(mutex_);
  return files_;
}

std::shared_ptr<ssl::context> TlsContext::current() { return files()->loaded().context; }
Time TlsContext::not_before() { return files()->loaded().not_before; }
Time TlsContext::not_after() { return files()->loaded().not_after; }
std::string TlsContext::trouble() const { return files()->trouble(); }

}  // namespace mtasts::web
