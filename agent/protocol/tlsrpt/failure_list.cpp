// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/failure_list.h"

namespace mtasts::protocol {

ReportFailure FailureList::operator[](size_t index) const {
  const Row& row = rows_[index];
  ReportFailure failure;
  failure.type = row.type;
  failure.type_text = text(row.type_text);
  failure.sending_mta_ip = text(row.sending_mta_ip);
  failure.receiving_mx_hostname = text(row.receiving_mx_hostname);
  failure.receiving_mx_helo = text(row.receiving_mx_helo);
  failure.receiving_ip = text(row.receiving_ip);
  failure.additional_information = text(row.additional_information);
  failure.failure_reason_code = text(row.failure_reason_code);
  failure.sessions = row.sessions;
  return failure;
}

void FailureList::push_back(const ReportFailure& failure) {
  Row row;
  row.type = failure.type;
  row.type_text = put_text(failure.type_text);
  row.sending_mta_ip = put_text(failure.sending_mta_ip);
  row.receiving_mx_hostname = put_text(failure.receiving_mx_hostname);
  row.receiving_mx_helo = put_text(failure.receiving_mx_helo);
  row.receiving_ip = put_text(failure.receiving_ip);
  row.additional_information = put_text(failure.additional_information);
  row.failure_reason_code = put_text(failure.failure_reason_code);
  row.sessions = failure.sessions;
  rows_.push_back(row);
}

}  // namespace mtasts::protocol
