// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The style of the web pages: the text of page.css, embedded by CMake (cmake/embed_text.cmake).
// Constant data, any thread.
#pragma once

#include <string_view>

namespace mtasts::present {

extern const std::string_view kPageStyle;

}  // namespace mtasts::present
