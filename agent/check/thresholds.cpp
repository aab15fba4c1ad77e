// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/thresholds.h"

namespace mtasts::check {

verdict::Thresholds thresholds_of(const settings::Settings& settings) {
  verdict::Thresholds thresholds;
  thresholds.expiry_warning = settings.check.expiry_warning;
  thresholds.expiry_critical = settings.check.expiry_critical;
  thresholds.change_hold = settings.check.change_hold;
  thresholds.retention = settings.state.retention;
  verdict::Vantage& vantage = thresholds.vantage;
  vantage.https_port = settings.https.port;
  vantage.smtp_port = settings.smtp.port;
  vantage.https_ca_file = settings.https.ca_file;
  vantage.smtp_ca_file = settings.smtp.ca_file;
  if (!settings.dns.servers.empty()) {
    vantage.dns_server = settings.dns.servers.front().address.text();
    vantage.dns_port = settings.dns.servers.front().port;
  }
  return thresholds;
}

}  // namespace mtasts::check
