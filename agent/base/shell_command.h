// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Commands that people paste into a shell. The text of a command is known when the agent is
// compiled (CommandTemplate); what varies comes in as a CommandValue, and one exists only for what
// is part of one word for every POSIX shell and what no tool takes for an option, a server or a
// file. A value that cannot be shown that way is no CommandValue, and then there is no command:
// none is better than a dangerous or a wrong one. Pure, any thread.
#pragma once

#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace mtasts {

// "dig {dns}-q {name} TXT": {placeholders} are filled in by shell_command(). Names from DNS go
// where only a name can be: behind -q of dig, behind -connect of openssl, within a URL.
class CommandTemplate {
 public:
  constexpr CommandTemplate() = default;
  consteval CommandTemplate(std::string_view text) : text_(text) {  // NOLINT: a literal converts
    bool open = false;
    for (char c : text) {
      if ((c == '{') == open && (c == '{' || c == '}')) throw std::logic_error("braces");
      if (c == '{' || c == '}') open = c == '{';
      if (c < ' ' || c > '~') throw std::logic_error("not one line of ASCII");
    }
    if (open) throw std::logic_error("braces");
  }
  consteval CommandTemplate(const char* text)  // NOLINT: a literal converts
      : CommandTemplate(std::string_view(text)) {}

  constexpr std::string_view text() const { return text_; }
  constexpr bool empty() const { return text_.empty(); }

 private:
  std::string_view text_;
};

class CommandValue {
 public:
  // For an optional part that is not needed.
  static CommandValue nothing() { return CommandValue(""); }
  // The name of a host or domain, for tools that connect and for parts of a word: letters, digits,
  // "-", "_" and ".", at most 253; does not begin with "-" or ".".
  static std::optional<CommandValue> host(std::string_view name);
  static CommandValue address(const IpAddress& address);
  // As host(), for the owner name that dig asks for behind -q, in the form of a zone file (RFC 1035
  // §5.1): any printable ASCII, quoted where a shell needs it. None begins with "-", "+" or "@".
  static std::optional<CommandValue> dns_name(std::string_view name);
  // "host:25", "[2001:db8::1]:25".
  static std::optional<CommandValue> endpoint(std::string_view host, int port);
  static CommandValue endpoint(const IpAddress& address, int port);
  // "host 25", for nc.
  static std::optional<CommandValue> host_and_port(std::string_view host, int port);
  static CommandValue host_and_port(const IpAddress& address, int port);
  // "@192.0.2.1 -p 5353 ", for dig. `server` is an address; empty: the system's, so nothing.
  static std::optional<CommandValue> dig_server(std::string_view server, int port);
  // "--connect-to ::[2001:db8::1]:443 ", for curl: any host and port of the URL there.
  static std::optional<CommandValue> connect_to(std::string_view host, int port);
  static CommandValue connect_to(const IpAddress& address, int port);
  // "-CAfile '/path/to file' ". `option` is one of our own; without a path nothing.
  static std::optional<CommandValue> file_option(CommandTemplate option, std::string_view path);
  // "-dane_tlsa_rrdata '3 1 1 2bba…' " for each record, for openssl s_client, as many as fit.
  // Digits, hexadecimal letters and blanks alone; nothing else is a record.
  static std::optional<CommandValue> tlsa_options(const std::vector<std::string>& records);
  // What people replace before they run the command: '<new MX host>', quoted against redirection.
  static CommandValue to_be_replaced(CommandTemplate text, CommandTemplate suffix = {});

  const std::string& text() const { return text_; }

 private:
  explicit CommandValue(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct CommandPart {
  std::string_view placeholder;  // without braces
  std::optional<CommandValue> value;
};

// The command, one line of printable ASCII. Empty: a value that the template needs is missing.
// Throws std::logic_error if `parts` lacks a placeholder of the template.
std::string shell_command(CommandTemplate form, std::initializer_list<CommandPart> parts);

}  // namespace mtasts
