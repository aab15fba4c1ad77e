// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/shell_command.h"

#include <gtest/gtest.h>

#include <vector>

namespace mtasts {
namespace {

std::string text_of(const std::optional<CommandValue>& value) {
  return value ? value->text() : "(none)";
}

struct Case {
  std::string value;
  std::string shown;  // "(none)": there is no command
};

TEST(CommandValue, HostsAreHostNames) {
  const std::vector<Case> cases = {
      {"mx1.example.com", "mx1.example.com"},
      {"_dmarc.a-b.example", "_dmarc.a-b.example"},
      {"192.0.2.1", "192.0.2.1"},
      {"", "(none)"},
      {"-o.example", "(none)"},           // an option
      {"+short", "(none)"},               // an option of dig
      {"@192.0.2.1", "(none)"},           // a server of dig
      {".example", "(none)"},             // an empty label
      {"a b", "(none)"},                  // two words
      {"a'b", "(none)"},                  // a quote
      {"a\\032b", "(none)"},              // getaddrinfo knows no escapes
      {"a:25", "(none)"},                 // another port
      {"a/b", "(none)"},                  // a path
      {"*.example", "(none)"},            // a pattern of the shell
      {"a\nb", "(none)"},                 // a second command
      {"caf\u00E9.example", "(none)"},    // not ASCII
      {std::string(254, 'a'), "(none)"},  // no name is so long
  };
  for (const Case& c : cases) {
    EXPECT_EQ(text_of(CommandValue::host(c.value)), c.shown) << c.value;
    const std::string port = c.shown == "(none)" ? c.shown : c.shown + ":25";
    EXPECT_EQ(text_of(CommandValue::endpoint(c.value, 25)), port) << c.value;
  }
}

TEST(CommandValue, NamesForDigAreOneWord) {
  const std::vector<Case> cases = {
      {"mx1.example.com", "mx1.example.com"},
      {"mx", "mx"},  // no type: it is behind -q
      {"a\\032b.example", "'a\\032b.example'"},
      {"*.example", "'*.example'"},
      {"a'b;c", "'a'\\''b;c'"},
      {"$(id)", "'$(id)'"},
      {"a+b@c-d", "'a+b@c-d'"},
      {"", "(none)"},
      {"-x", "(none)"},
      {"+x", "(none)"},
      {"@x", "(none)"},
      {"a\nb", "(none)"},
      {"a\x1B", "(none)"},
      {"caf\u00E9", "(none)"},
      {std::string(1017, 'a'), "(none)"},
  };
  for (const Case& c : cases) EXPECT_EQ(text_of(CommandValue::dns_name(c.value)), c.shown);
}

TEST(CommandValue, Addresses) {
  const IpAddress v4 = *IpAddress::parse("192.0.2.1");
  const IpAddress v6 = *IpAddress::parse("2001:db8::1");
  EXPECT_EQ(CommandValue::endpoint(v4, 25).text(), "192.0.2.1:25");
  EXPECT_EQ(CommandValue::endpoint(v6, 25).text(), "'[2001:db8::1]:25'");
  EXPECT_EQ(CommandValue::host_and_port(v6, 25).text(), "2001:db8::1 25");
  EXPECT_EQ(CommandValue::connect_to(v6, 443).text(), "--connect-to '::[2001:db8::1]:443' ");
  EXPECT_EQ(text_of(CommandValue::dig_server("", 53)), "");
  EXPECT_EQ(text_of(CommandValue::dig_server("2001:db8::1", 53)), "@2001:db8::1 ");
  EXPECT_EQ(text_of(CommandValue::dig_server("192.0.2.1", 5353)), "@192.0.2.1 -p 5353 ");
  EXPECT_EQ(text_of(CommandValue::dig_server("-x", 53)), "(none)");
}

TEST(CommandValue, Files) {
  auto file = [](const std::string& path) {
    return text_of(CommandValue::file_option("--cacert", path));
  };
  EXPECT_EQ(file(""), "");
  EXPECT_EQ(file("/etc/ca.pem"), "--cacert /etc/ca.pem ");
  EXPECT_EQ(file("-ca.pem"), "--cacert ./-ca.pem ");
  EXPECT_EQ(file("it's $HOME"), "--cacert 'it'\\''s $HOME' ");
  EXPECT_EQ(file("a\nb"), "(none)");
}

TEST(CommandValue, TlsaRecords) {
  auto options = [](const std::vector<std::string>& records) {
    return text_of(CommandValue::tlsa_options(records));
  };
  EXPECT_EQ(options({"3 1 1 00ff"}), "-dane_tlsa_rrdata '3 1 1 00ff' ");
  EXPECT_EQ(options({"3 1 1 aa", "2 1 1 bb"}),
            "-dane_tlsa_rrdata '3 1 1 aa' -dane_tlsa_rrdata '2 1 1 bb' ");
  EXPECT_EQ(options({}), "(none)");
  EXPECT_EQ(options({""}), "(none)");
  EXPECT_EQ(options({"3 1 1 AA"}), "(none)");
  EXPECT_EQ(options({"3 1 1 aa'; id"}), "(none)");
  EXPECT_EQ(options({" 3 1 1 aa"}), "(none)");
  EXPECT_EQ(options({"3 0 0 " + std::string(5000, 'a')}), "(none)") << "longer than a line";
  EXPECT_EQ(options({"3 0 0 " + std::string(5000, 'a'), "3 1 1 aa"}),
            "-dane_tlsa_rrdata '3 1 1 aa' ");
}

TEST(ShellCommand, FillsInAndEndsWithoutAValue) {
  const CommandPart host{"host", CommandValue::host("mx.example")};
  const CommandPart none{"name", CommandValue::dns_name("-x")};
  EXPECT_EQ(shell_command("dig MX example.com", {}), "dig MX example.com");
  EXPECT_EQ(shell_command("nc {host} 25; echo {host}", {host, none}),
            "nc mx.example 25; echo mx.example");
  EXPECT_EQ(shell_command("dig -q {name} MX", {host, none}), "");
  EXPECT_THROW(shell_command("dig -q {other} MX", {host, none}), std::logic_error);
  EXPECT_EQ(
      shell_command("ssh {host}", {{"host", CommandValue::to_be_replaced("<new MX host>", ":25")}}),
      "ssh '<new MX host>:25'");
}

}  // namespace
}  // namespace mtasts
