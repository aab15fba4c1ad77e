// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HTML from hostile text: everything that is not fixed markup passes through html_text() or
// html_attribute(), which escape and truncate it. Also the page frame, its style, and the
// Content-Security-Policy that lets a browser load nothing but that style. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mtasts::present {

// Long enough for every sentence and name that the agent itself produces.
inline constexpr size_t kLongestText = 4096;

// Escaped for elements; what misleads a display becomes \xNN (printable.h). Text that is written
// from right to left is isolated with <bdi>, so that it does not reorder what stands beside it
// (Unicode Standard Annex #9 §6.1).
std::string html_text(std::string_view text, size_t limit = kLongestText);
// Escaped for quoted attributes and <title>, where there is no markup.
std::string html_attribute(std::string_view text, size_t limit = kLongestText);
// As html_text(), but keeps line ends, for <pre>.
std::string html_lines(std::string_view text, size_t limit);

// Everything but letters, digits and "-._~" becomes %XX.
std::string percent_encoded(std::string_view text);

// The whole document around a body. `title` is plain text; `body` is markup; `address` is the
// page's absolute URL, for rel=canonical and the footer, both omitted if it is empty.
std::string html_page(std::string_view title, std::string_view body, std::string_view address = {});

// Content-Security-Policy of every page: no scripts, no external resources, only the inline style.
std::string page_security_policy();

}  // namespace mtasts::present
