// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Samples of one metric in the Prometheus text format 0.0.4, written without the metric's name and
// without the label that all samples of an entry begin with (domain or mx): both are added when the
// text is streamed, which more than halves what a domain costs in memory.
// Label values may hold hostile octets: what Prometheus would refuse (broken UTF-8) or what would
// mislead a reader (control characters) becomes \xNN. Pure; one writer belongs to one thread.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace mtasts::present {

// Escaped for the inside of a quoted label value; no quotes added.
std::string label_value(std::string_view text);
// Escaped for a HELP line.
std::string help_text(std::string_view text);
// The shortest text that reads back as the same number; integers without exponent.
std::string number_text(double value);

// `{domain="example.com"`: what the lines of an entry go on from.
std::string subject_text(std::string_view label, std::string_view value);

struct Label {
  std::string_view name;
  std::string_view value;
};

// Names in DNS may send as many MX records as they please; more samples of one metric and one
// domain than this are dropped.
inline constexpr size_t kMostSamples = 1000;

// Appends lines `{a="…",b="…"} value` to a text. A label set that is there already is dropped:
// Prometheus would refuse the whole scrape.
class SampleWriter {
 public:
  // `subject` is the label that is left out where it comes first; empty: none is.
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
