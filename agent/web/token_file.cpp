// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/token_file.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>

#include <fstream>

#include "base/ascii.h"
#include "base/log.h"

namespace mtasts::web {
namespace {

constexpr std::chrono::seconds kLookInterval{1};
constexpr size_t kLongestToken_bytes = 4096;

std::string stamp_of(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return "missing";
  return fmt::format("{} {} {} {} {}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

void TokenFile::look() {
  const auto now = std::chrono::steady_clock::now();
  if (file_.empty() || (!stamp_.empty() && now - looked_ < kLookInterval)) return;
  looked_ = now;
  std::string stamp = stamp_of(file_);
  if (stamp == stamp_) return;
  stamp_ = std::move(stamp);
  std::ifstream in(file_, std::ios::binary);
  std::string text(kLongestToken_bytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  const std::string_view token = trim(text);
  usable_ = !token.empty();
  digest_ = sha256(token);
  if (!usable_)
    log(LogLevel::error, "cannot read a token from [reports.https] submit_token_file",
        {{"file", file_}});
}

bool TokenFile::usable() {
  std::lock_guard lock(mutex_);
  look();
  return usable_;
}

bool TokenFile::matches(std::string_view token) {
  const Sha256Digest digest = sha256(token);
  std::lock_guard lock(mutex_);
  look();
  return usable_ && CRYPTO_memcmp(digest.data(), digest_.data(), digest.size()) == 0;
}

}  // namespace mtasts::web
