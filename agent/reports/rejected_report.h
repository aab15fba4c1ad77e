// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// RejectedReport: something that arrived as a TLS report and was not used, as a whole or in part,
// for display. The texts are fit to show. Plain values, any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "reports/admission.h"

namespace mtasts::reports {

// The latest of each way in are kept, so that strangers at the endpoint do not push out what came
// by mail.
inline constexpr size_t kMostRejectedOfSource = 10;
inline constexpr std::chrono::hours kRejectedShown{7 * 24};

struct RejectedReport {
  Time received{};
  std::string source;  // "https", "submit", "mailbox" or "maildir"
  // Who sent it by its own account: organization, contact-info, submitter or the domain of the
  // mail's author. Anybody can write anything there. Empty: it does not say.
  std::string from;
  Rejection reason = Rejection::malformed;
  std::string detail;  // one sentence
};

using RejectedReports = std::vector<RejectedReport>;  // newest first
using RejectedReportsPtr = std::shared_ptr<const RejectedReports>;

}  // namespace mtasts::reports
