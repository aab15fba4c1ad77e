// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/check_metrics.h"

namespace mtasts {
namespace {

class NoMetrics : public CheckMetrics {
 public:
  void observe_phase(Phase, std::chrono::duration<double>) override {}
  void count_dns_query(std::string_view) override {}
  void count_dns_failure(std::string_view) override {}
};

}  // namespace

CheckMetrics& no_metrics() {
  static NoMetrics metrics;
  return metrics;
}

}  // namespace mtasts
