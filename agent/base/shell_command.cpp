// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/shell_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace mtasts {
namespace {

constexpr size_t kLongestHost_bytes = 253;   // RFC 1035 §2.3.4
constexpr size_t kLongestName_bytes = 1016;  // each octet as \DDD
constexpr size_t kLongestPath_bytes = 4096;

// A host name is never quoted: none of its characters means anything to a shell.
bool is_host(std::string_view name) {
  auto plain = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  return !name.empty() && name.size() <= kLongestHost_bytes && name.front() != '-' &&
         name.front() != '.' && all_of(name, plain);
}

bool is_printable_ascii(std::string_view text) {
  return all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// POSIX XCU 2.2.2: in single quotes every character but the quote stands for itself.
std::string shell_word(std::string_view text) {
  auto plain = [](char c) {
    return is_alphanumeric(c) || std::string_view("-_./:").find(c) != std::string_view::npos;
  };
  if (!text.empty() && text.front() != '-' && all_of(text, plain)) return std::string(text);
  std::string quoted = "'";
  for (char c : text)
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  return quoted + '\'';
}

std::string bracketed(const IpAddress& address) {
  return address.family() == AddressFamily::ipv6 ? "[" + address.text() + "]" : address.text();
}

}  // namespace

std::optional<CommandValue> CommandValue::host(std::string_view name) {
  if (!is_host(name)) return std::nullopt;
  return CommandValue(std::string(name));
}

CommandValue CommandValue::address(const IpAddress& address) {
  return CommandValue(address.text());
}

std::optional<CommandValue> CommandValue::dns_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName_bytes || !is_printable_ascii(name) ||
      std::string_view("-+@").find(name.front()) != std::string_view::npos)
    return std::nullopt;
  return CommandValue(shell_word(name));
}

std::optional<CommandValue> CommandValue::endpoint(std::string_view host, int port) {
  if (!is_host(host)) return std::nullopt;
  return CommandValue(fmt::format("{}:{}", host, port));
}

CommandValue CommandValue::endpoint(const IpAddress& address, int port) {
  return CommandValue(shell_word(fmt::format("{}:{}", bracketed(address), port)));
}

std::optional<CommandValue> CommandValue::host_and_port(std::string_view host, int port) {
  if (!is_host(host)) return std::nullopt;
  return CommandValue(fmt::format("{} {}", host, port));
}

CommandValue CommandValue::host_and_port(const IpAddress& address, int port) {
  return CommandValue(fmt::format("{} {}", address.text(), port));
}

std::optional<CommandValue> CommandValue::dig_server(std::string_view server, int port) {
  if (server.empty()) return nothing();
  const auto address = IpAddress::parse(server);
  if (!address) return std::nullopt;
  std::string text = fmt::format("@{} ", address->text());
  if (port != 53) text += fmt::format("-p {} ", port);
  return CommandValue(std::move(text));
}

std::optional<CommandValue> CommandValue::connect_to(std::string_view host, int port) {
  if (!is_host(host)) return std::nullopt;
  return CommandValue(fmt::format("--connect-to ::{}:{} ", host, port));
}

CommandValue CommandValue::connect_to(const IpAddress& address, int port) {
  return CommandValue(fmt::format("--connect-to {} ",
                                  shell_word(fmt::format("::{}:{}", bracketed(address), port))));
}

std::optional<CommandValue> CommandValue::file_option(CommandTemplate option,
                                                      std::string_view path) {
  if (path.empty()) return nothing();
  if (path.size() > kLongestPath_bytes || !is_printable_ascii(path)) return std::nullopt;
  // "-" would be the standard input, and "-x" reads like an option.
  const std::string named = (path.front() == '-' ? "./" : "") + std::string(path);
  return CommandValue(fmt::format("{} {} ", option.text(), shell_word(named)));
}

std::optional<CommandValue> CommandValue::tlsa_options(const std::vector<std::string>& records) {
  constexpr size_t kMostOctets = 4000;  // a terminal takes a line of about 4096
  auto is_record = [](const std::string& text) {
    return !text.empty() && text.front() != ' ' && all_of(text, [](char c) {
      return c == ' ' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
  };
  std::string options;
  for (const std::string& record : records) {
    if (!is_record(record)) continue;
    std::string option = "-dane_tlsa_rrdata '" + record + "' ";
    if (options.size() + option.size() <= kMostOctets) options += option;
  }
  if (options.empty()) return std::nullopt;
  return CommandValue(options);
}

CommandValue CommandValue::to_be_replaced(CommandTemplate text, CommandTemplate suffix) {
  return CommandValue(shell_word(std::string(text.text()) + std::string(suffix.text())));
}

std::string shell_command(CommandTemplate form, std::initializer_list<CommandPart> parts) {
  std::string command;
  std::string_view rest = form.text();
  while (true) {
    const size_t open = rest.find('{');
    command += rest.substr(0, open);
    if (open == std::string_view::npos) return command;
    const size_t close = rest.find('}', open);
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    const auto* part = std::find_if(parts.begin(), parts.end(), [&](const CommandPart& one) {
      return one.placeholder == name;
    });
    if (part == parts.end()) throw std::logic_error("no value for {" + std::string(name) + "}");
    if (!part->value) return {};
    command += part->value->text();
  }
}

}  // namespace mtasts
