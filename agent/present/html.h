// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HTML from hostile text: everything that is not our own markup goes through html_text(), which
// escapes and bounds it. The frame of a page, its style, and the policy that lets a browser load
// nothing but that style. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mtasts::present {

// Long enough for every sentence and name we make ourselves.
inline constexpr size_t kLongestText = 4096;

// Escaped for elements and quoted attributes; control characters and broken UTF-8 become \xNN.
std::string html_text(std::string_view text, size_t limit = kLongestText);
// The same, but line ends stay: for <pre>.
std::string html_lines(std::string_view text, size_t limit);

// Everything but letters, digits and "-._~" becomes %XX.
std::string percent_encoded(std::string_view text);

// The whole document around a body. `title` is plain text; `body` is markup; `address` is the
// page's own absolute URL, for rel=canonical and the footer; empty: neither.
std::string html_page(std::string_view title, std::string_view body, std::string_view address = {});

// Content-Security-Policy of every page: no scripts, no loads, only the one inline style.
std::string page_security_policy();

}  // namespace mtasts::present
