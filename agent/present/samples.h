// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Samples of one metric in the Prometheus text format 0.0.4, without the metric's name and without
// the first label of all samples of an entry (domain or mx). Both are added when the text is
// streamed, which more than halves the memory per domain. Label values may hold hostile octets:
// octets that Prometheus rejects (invalid UTF-8) or that would mislead a reader (control
// characters) become \xNN. Pure; one writer is used by one thread.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace mtasts::present {

// Escapes text for use inside a quoted label value; adds no quotes.
std::string label_value(std::string_view text);
// Escapes text for a HELP line.
std::string help_text(std::string_view text);
// The shortest text that parses to the same number; integers without an exponent.
std::string number_text(double value);

// `{domain="example.com"`: the start of every line of an entry.
std::string subject_text(std::string_view label, std::string_view value);

struct Label {
  std::string_view name;
  std::string_view value;
};

// Maximum samples of one metric per domain; the rest is dropped. A domain may publish any number of
// MX records.
inline constexpr size_t kMostSamples = 1000;

// Of the label `subject`: an escaped host name and an address.
inline constexpr size_t kLongestSubject_bytes = 1200;

// Appends lines `{a="…",b="…"} value` to a text. Drops a label set that is already there:
// Prometheus would reject the whole scrape.
class SampleWriter {
 public:
  // `subject` is the label to omit when it comes first; empty: none.
  explicit SampleWriter(std::string& text, std::string_view subject = {})
      : text_(text), begin_(text.size()), subject_(subject) {}

  void add(std::span<const Label> labels, double value);
  void add(std::initializer_list<Label> labels, double value) {
    add(std::span<const Label>(labels.begin(), labels.size()), value);
  }

 private:
  std::string& text_;
  const size_t begin_;
  std::string_view subject_;
  size_t count_ = 0;
};

}  // namespace mtasts::present
