// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/hosting_text.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/digest.h"

namespace mtasts::publish {
namespace {

// Names of Cloudflare projects (58), Workers with preview addresses (54), Kubernetes objects (63).
constexpr size_t kLongestResourceName = 54;
// File systems take 255 octets; this leaves room for an ending.
constexpr size_t kLongestFileName = 200;

std::string_view value_of(std::string_view name, std::initializer_list<Value> values) {
  for (const Value& value : values)
    if (value.name == name) return value.text;
  throw std::logic_error(fmt::format("no value for @{}@", name));
}

std::string escaped(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  auto octet = static_cast<unsigned char>(c);
  return octet < 0x20 || octet == 0x7f ? fmt::format("\\u{:04x}", octet) : std::string(1, c);
}

}  // namespace

std::string fill(std::string_view pattern, std::initializer_list<Value> values) {
  std::string filled;
  while (true) {
    size_t begin = pattern.find('@');
    filled += pattern.substr(0, begin);
    if (begin == std::string_view::npos) return filled;
    pattern.remove_prefix(begin + 1);
    size_t end = pattern.find('@');
    if (end == std::string_view::npos) throw std::logic_error("a single @ in a template");
    filled += value_of(pattern.substr(0, end), values);
    pattern.remove_prefix(end + 1);
  }
}

std::string double_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) quoted += escaped(c);
  return quoted + "\"";
}

std::string regex_of(std::string_view name) {
  std::string regex;
  for (char c : name) {
    if (c == '.') regex += '\\';
    regex += c;
  }
  return regex;
}

std::string resource_name_of(std::string_view domain) {
  std::string name = "mta-sts-";
  for (char c : domain) {
    if (c == '-')
      name += "--";
    else
      name += c == '.' ? '-' : c;
  }
  if (name.size() <= kLongestResourceName) return name;
  const std::string digest = sha256_hex(domain).substr(0, 10);
  name.resize(kLongestResourceName - digest.size() - 1);
  while (name.back() == '-') name.pop_back();
  return fmt::format("{}-{}", name, digest);
}

std::string file_name_of(std::string_view domain) {
  std::string host = policy_host_of(domain);
  return host.size() <= kLongestFileName ? host : resource_name_of(domain);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    size_t end = text.find('\n');
    size_t size = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

}  // namespace mtasts::publish
