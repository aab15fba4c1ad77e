// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/web_config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/ascii.h"
#include "base/printable.h"
#include "base/time.h"
#include "settings/input_file.h"
#include "settings/nearest_name.h"
#include "settings/web_config_tls.h"
#include "settings/web_parsers.h"

namespace mtasts::settings {
namespace {

constexpr size_t kLimit_bytes = 256u * 1024;
constexpr size_t kLongestField_bytes = 4096;
constexpr int kMostBurst = 1'000'000;

class Reader {
 public:
  Reader(SettingsBuilder& builder, size_t file, std::filesystem::path directory)
      : builder_(builder), yaml_(builder, file, std::move(directory)) {}

  void read_file(const YamlNode& root) {
    const std::vector<YamlKey<Reader>> keys = {
        {"tls_server_config", &Reader::take_tls},
        {"http_server_config", &Reader::take_http},
        {"basic_auth_users", &Reader::take_users},
        {"rate_limit", &Reader::take_rate_limit},
    };
    yaml_.read_table(*this, root, "", keys);
  }

 private:
  void take_tls(const YamlNode& node) {
    read_web_config_tls(builder_.settings.web.tls, yaml_, node);
  }

  void take_http(const YamlNode& node) {
    const std::vector<YamlKey<Reader>> keys = {{"http2", &Reader::take_http2},
                                               {"headers", &Reader::take_headers}};
    yaml_.read_table(*this, node, "http_server_config", keys);
  }

  // HTTP/2 is permitted by it, and clients that know HTTP/2 alone do not exist.
  void take_http2(const YamlNode& node) {
    bool ignored = false;
    yaml_.read_boolean(node, "http2", ignored);
  }

  void take_headers(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::table)
      return yaml_.complain_of_type(node, "headers", "a table");
    for (const auto& [key, value] : node.entries) take_header(key, value);
  }

  void take_header(const YamlNode& key, const YamlNode& node) {
    // What exporter-toolkit knows, and the values that it accepts, if not all.
    struct Known {
      std::string_view name;
      std::vector<std::string_view> values;
    };
    static const std::vector<Known> kKnown = {{"Content-Security-Policy", {}},
                                              {"Strict-Transport-Security", {}},
                                              {"X-Content-Type-Options", {"nosniff"}},
                                              {"X-Frame-Options", {"deny", "sameorigin"}},
                                              {"X-XSS-Protection", {}}};
    const auto known = std::find_if(kKnown.begin(), kKnown.end(), [&key](const Known& one) {
      return equals_ignoring_case(one.name, key.text);
    });
    if (known == kKnown.end())
      return yaml_.complain(
          key, fmt::format("headers: \"{}\" cannot be set; known are Content-Security-Policy, "
                           "Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options and "
                           "X-XSS-Protection",
                           printable(key.text, 80)));
    std::string value;
    if (!yaml_.read_text(node, known->name, value) || value.empty()) return;
    const bool clean =
        value.size() <= kLongestField_bytes &&
        std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    const bool listed = known->values.empty() ||
                        std::any_of(known->values.begin(), known->values.end(),
                                    [&](auto one) { return equals_ignoring_case(one, value); });
    if (!clean || !listed)
      return yaml_.complain(
          node,
          fmt::format("headers: {} must be {}, not \"{}\"", known->name,
                      known->values.empty() ? "printable ASCII"
                                            : fmt::format("{}", fmt::join(known->values, " or ")),
                      printable(value, 80)));
    builder_.settings.web.access.response_fields.push_back({std::string(known->name), value});
  }

  void take_users(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::table)
      return yaml_.complain_of_type(node, "basic_auth_users", "a table of names and bcrypt hashes");
    for (const auto& [key, value] : node.entries) {
      NamedText user;
      user.name = {yaml_.place_of(key), key.text};
      user.value.place = yaml_.place_of(value);
      if (!yaml_.read_text(value, "basic_auth_users", user.value.text)) continue;
      add_web_user(builder_, "basic_auth_users", user);
    }
  }

  void take_rate_limit(const YamlNode& node) {
    const std::vector<YamlKey<Reader>> keys = {{"interval", &Reader::take_interval},
                                               {"burst", &Reader::take_burst}};
    yaml_.read_table(*this, node, "rate_limit", keys);
  }

  void take_interval(const YamlNode& node) {
    std::string text;
    if (!yaml_.read_text(node, "interval", text)) return;
    auto interval = parse_duration(text);
    if (!interval)
      return yaml_.complain(node, fmt::format("interval: {}", interval.failure().detail));
    builder_.settings.web.access.rate_limit.interval = *interval;
  }

  void take_burst(const YamlNode& node) {
    std::string text;
    if (!yaml_.read_text(node, "burst", text)) return;
    int burst = 0;
    const char* end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data(), end, burst);
    if (error != std::errc() || stop != end || burst < 1 || burst > kMostBurst)
      return yaml_.complain(node, fmt::format("burst must be a number from 1 to {}, not \"{}\"",
                                              kMostBurst, printable(text, 40)));
    builder_.settings.web.access.rate_limit.burst = burst;
  }

  SettingsBuilder& builder_;
  YamlTables yaml_;
};

}  // namespace

void read_web_config_file(SettingsBuilder& builder, const Place& place) {
  const std::filesystem::path path = builder.settings.web.config_file;
  builder.settings.files.push_back(path);
  auto content = read_input_file(path, kLimit_bytes);
  if (!content)
    return builder.errors.add(place,
                              fmt::format("[web] config_file {} {}", printable(path.string(), 200),
                                          content.failure().detail));
  builder.fingerprint.add(*content);
  parse_web_config(builder, *content, path);
}

void parse_web_config(SettingsBuilder& builder, std::string_view yaml,
                      const std::filesystem::path& path) {
  const size_t file = builder.errors.add_file(path.string());
  auto read = read_yaml(yaml);
  if (const auto* fault = std::get_if<YamlFault>(&read))
    return builder.errors.add({file, fault->line, fault->column}, fault->message);
  builder.settings.web.tls = WebTlsSettings();
  builder.settings.web.tls.source = path.string() + ":";
  Reader(builder, file, path.parent_path()).read_file(std::get<YamlNode>(read));
}

}  // namespace mtasts::settings
