// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/exposition_format.h"

#include <array>

#include "present/metrics_table.h"
#include "present/samples.h"

namespace mtasts::present {
namespace {

constexpr std::string_view kHelp = "# HELP ";
constexpr std::string_view kTotal = "_total";
constexpr std::array<std::string_view, 3> kUnits = {"seconds", "bytes", "ratio"};

std::string_view without_total(std::string_view name) {
  if (name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  return name;
}

std::string_view unit_of(std::string_view family) {
  for (std::string_view unit : kUnits)
    if (family.size() > unit.size() && family.ends_with(unit) &&
        family[family.size() - unit.size() - 1] == '_')
      return unit;
  return {};
}

// In OpenMetrics quotes are escaped as well.
std::string quoted_help(std::string_view help) {
  std::string out;
  for (char c : help_text(help)) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out;
}

// The line with its end, taken from the text.
std::string_view take_line(std::string_view& text) {
  size_t length = text.find('\n');
  length = length == std::string_view::npos ? text.size() : length + 1;
  const std::string_view line = text.substr(0, length);
  text.remove_prefix(length);
  return line;
}

// After the sample of a counter, or the count of a histogram: since when it counts.
void append_created(std::string& out, std::string_view line, const Metric& metric, double created) {
  const std::string_view suffix = metric.type == MetricType::counter ? kTotal : "_count";
  const std::string_view family = without_total(metric.name);
  if (!line.starts_with(family)) return;
  line.remove_prefix(family.size());
  if (!line.starts_with(suffix)) return;
  line.remove_prefix(suffix.size());
  // The value follows the last blank, and has none itself; label values may.
  const std::string_view labels = line.substr(0, line.find_last_of(' '));
  out.append(family).append("_created").append(labels).append(" ");
  out.append(number_text(created)).append("\n");
}

// OpenMetrics wants the bound of a bucket as a float: le="1.0" for le="1".
std::string with_float_bound(std::string_view line) {
  constexpr std::string_view kBound = "le=\"";
  const size_t begin = line.find(kBound);
  const size_t end =
      begin == std::string_view::npos ? begin : line.find('"', begin + kBound.size());
  if (end == std::string_view::npos) return std::string(line);
  const std::string_view bound = line.substr(begin + kBound.size(), end - begin - kBound.size());
  const bool is_integer = bound.find_first_not_of("-0123456789") == std::string_view::npos;
  std::string out(line.substr(0, end));
  if (is_integer) out += ".0";
  return out.append(line.substr(end));
}

}  // namespace

std::string_view media_type_of(ExpositionFormat format) {
  return format == ExpositionFormat::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

std::string_view end_of(ExpositionFormat format) {
  return format == ExpositionFormat::openmetrics ? "# EOF\n" : "";
}

std::string family_head(const Metric& metric, ExpositionFormat format) {
  if (format == ExpositionFormat::text) return metric_head(metric);
  const std::string family(without_total(metric.name));
  std::string head = "# HELP " + family + " " + quoted_help(metric.help) + "\n# TYPE " + family +
                     " " + std::string(name_of(metric.type)) + "\n";
  if (const std::string_view unit = unit_of(family); !unit.empty())
    head.append("# UNIT ").append(family).append(" ").append(unit).append("\n");
  return head;
}

std::string reformatted(std::string_view families, const ExpositionOptions& options,
                        std::optional<double> created) {
  std::string out;
  const bool open = options.format == ExpositionFormat::openmetrics;
  if (options.selection.has_all() && !open) return std::string(families);
  const Metric* metric = nullptr;  // of the current lines; null: they are left out
  while (!families.empty()) {
    const std::string_view line = take_line(families);
    if (line.starts_with(kHelp)) {
      const std::string_view rest = line.substr(kHelp.size());
      const Metric& next = metric_named(rest.substr(0, rest.find_first_of(" \n")));
      metric = options.selection.has(next.name) ? &next : nullptr;
      if (metric != nullptr) out += family_head(*metric, options.format);
    } else if (metric != nullptr && !line.starts_with('#')) {
      out += open && metric->type == MetricType::histogram ? with_float_bound(line) : line;
      if (open && created && metric->type != MetricType::gauge)
        append_created(out, line, *metric, *created);
    }
  }
  return out;
}

}  // namespace mtasts::present
