// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A mail to the TLS reports in it (RFC 8460 §5.3), by GMime. Finds them in any part, whatever its
// type and name say, also in a mail attached to it. Any thread; GMime is initialised once.
#pragma once

#include <string_view>

#include "intake/unpack.h"

namespace mtasts::intake {

// At most kMailLimit_bytes; an mbox separator line before the header is skipped.
Unpacked unpack_mail(std::string_view mail, const UnpackOptions& options);

}  // namespace mtasts::intake
