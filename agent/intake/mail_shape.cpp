// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/mail_shape.h"

#include <fmt/format.h>

#include "base/ascii.h"

namespace mtasts::intake {
namespace {

constexpr std::string_view kContentType = "content-type";
constexpr size_t kLongestFieldName = 200;  // of the first line alone

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  return ascii_lower(text).find(word) != std::string::npos;
}

// Counts what may be a header: the lines at the beginning, those after a boundary line, and, once a
// part is a message or a digest, every paragraph that follows a header.
class ShapeCounter {
 public:
  void add(std::string_view line) {
    const std::string_view text = trim(line);
    if (line.starts_with("--")) {
      ++boundaries_;
      in_header_ = true;
      in_content_type_ = false;
      was_blank_ = false;
      return;
    }
    if (text.empty()) {
      // A nested message begins with a header of its own.
      if (!was_blank_) in_header_ = in_header_ && nests_;
      was_blank_ = true;
      in_content_type_ = false;
      return;
    }
    was_blank_ = false;
    if (!in_header_) return;
    header_bytes_ += line.size();
    ++header_lines_;
    const bool continues = line.front() == ' ' || line.front() == '\t';
    if (!continues) {
      in_content_type_ = equals_ignoring_case(line.substr(0, kContentType.size()), kContentType);
      if (in_content_type_) ++content_types_;
    }
    if (in_content_type_ &&
        (contains_ignoring_case(line, "message") || contains_ignoring_case(line, "digest")))
      nests_ = true;
  }

  std::string excess() const {
    if (boundaries_ > kMostBoundaryLines)
      return fmt::format("the mail has more than {} boundary lines", kMostBoundaryLines);
    if (content_types_ > kMostContentTypes)
      return fmt::format("the mail has more than {} Content-Type fields", kMostContentTypes);
    if (header_lines_ > kMostHeaderLines)
      return fmt::format("the mail has more than {} header lines", kMostHeaderLines);
    if (header_bytes_ > kMailHeaderLimit_bytes)
      return fmt::format("the headers of the mail are larger than {} bytes",
                         kMailHeaderLimit_bytes);
    return {};
  }

 private:
  size_t boundaries_ = 0;
  size_t content_types_ = 0;
  size_t header_bytes_ = 0;
  size_t header_lines_ = 0;
  bool in_header_ = true;
  bool in_content_type_ = false;
  bool was_blank_ = false;
  bool nests_ = false;
};

}  // namespace

std::string excess_of_mail(std::string_view mail) {
  ShapeCounter counter;
  while (!mail.empty()) {
    const size_t end = mail.find('\n');
    counter.add(mail.substr(0, end));
    mail.remove_prefix(end == std::string_view::npos ? mail.size() : end + 1);
  }
  return counter.excess();
}

bool begins_with_header(std::string_view text) {
  for (size_t i = 0; i < text.size() && i < kLongestFieldName; ++i) {
    const char c = text[i];
    if (c == ':') return i > 0;
    if (c <= ' ' || c > '~') {
      // RFC 5322 §4.5: blanks before the colon are obsolete.
      const std::string_view rest = trim(text.substr(i, kLongestFieldName), " \t");
      return i > 0 && (c == ' ' || c == '\t') && rest.starts_with(':');
    }
  }
  return false;
}

}  // namespace mtasts::intake
