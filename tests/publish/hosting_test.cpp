// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/time.h"
#include "protocol/sts/policy_writer.h"
#include "publish/hosting.h"
#include "publish/hosting_text.h"

namespace mtasts::publish {
namespace {

using testing::HasSubstr;
using testing::Not;

HostedText text_of(std::string domain, uint64_t max_age_seconds = 604800,
                   std::vector<std::string> mx = {"mx1.example.com", "*.mail.example.com"}) {
  HostedText text;
  text.domain = std::move(domain);
  text.mode = protocol::Mode::enforce;
  text.mx = std::move(mx);
  text.max_age_seconds = max_age_seconds;
  text.policy = protocol::write_policy(text.mode, text.mx, text.max_age_seconds);
  return text;
}

std::string content_of(const Hosting& hosting, std::string_view path) {
  for (const GeneratedFile& file : hosting.files)
    if (file.path == path) return file.content;
  ADD_FAILURE() << "no file " << path;
  return "";
}

std::string one_line(const std::string& text, std::string_view beginning) {
  size_t begin = text.find(beginning);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find('\n', begin) - begin);
}

// Every octet that a domain or pattern may have, and names that formats might take for something
// else.
const std::string kEveryOctet = "abcdefghijklmnopqrstuvwxyz.0123456789-x";
const std::string kDomains[] = {"example.com",
                                kEveryOctet,
                                "xn--mnchen-3ya.example",
                                "1.2.3.example",
                                "no",
                                std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                    std::string(63, 'c') + "." + std::string(50, 'd') + ".tt"};

TEST(Hosting, EveryTargetHasFilesAndSteps) {
  for (HostingTarget target : kHostingTargets)
    for (const std::string& domain : kDomains) {
      SCOPED_TRACE(std::string(name_of(target)) + " " + domain);
      Hosting hosting = hosting_for(target, text_of(domain));
      ASSERT_FALSE(hosting.files.empty());
      ASSERT_GE(hosting.steps.size(), 3U);
      std::set<std::string> paths;
      for (const GeneratedFile& file : hosting.files) {
        EXPECT_TRUE(paths.insert(file.path).second) << file.path;
        EXPECT_FALSE(file.path.starts_with('/') || file.path.find("..") != std::string::npos);
        EXPECT_LE(file.path.size(), 250U);
        EXPECT_THAT(file.content, Not(HasSubstr("@")));
        EXPECT_TRUE(file.content.empty() || file.content.ends_with('\n')) << file.path;
      }
      for (const std::string& step : hosting.steps) EXPECT_TRUE(step.ends_with('.')) << step;
      EXPECT_THAT(hosting.steps.back(),
                  HasSubstr("https://mta-sts." + domain + "/.well-known/mta-sts.txt"));
    }
}

TEST(Hosting, IsTheSameForTheSameText) {
  for (HostingTarget target : kHostingTargets) {
    Hosting first = hosting_for(target, text_of("example.com"));
    Hosting second = hosting_for(target, text_of("example.com"));
    ASSERT_EQ(first.files.size(), second.files.size());
    EXPECT_EQ(first.steps, second.steps);
    for (size_t i = 0; i < first.files.size(); ++i) {
      EXPECT_EQ(first.files[i].path, second.files[i].path);
      EXPECT_EQ(first.files[i].content, second.files[i].content);
    }
  }
}

TEST(Hosting, FilesHaveTheOctetsOfThePolicy) {
  const HostedText text = text_of(kEveryOctet, 31557600, {kEveryOctet, "*." + kEveryOctet});
  for (auto [target, path] :
       {std::pair{HostingTarget::nginx, ".well-known/mta-sts.txt"},
        std::pair{HostingTarget::apache, ".well-known/mta-sts.txt"},
        std::pair{HostingTarget::caddy, ".well-known/mta-sts.txt"},
        std::pair{HostingTarget::github_pages, ".well-known/mta-sts.txt"},
        std::pair{HostingTarget::azure_static_web_apps, ".well-known/mta-sts.txt"},
        std::pair{HostingTarget::cloudflare_pages, "public/.well-known/mta-sts.txt"}})
    EXPECT_EQ(content_of(hosting_for(target, text), path), text.policy) << path;
}

TEST(Hosting, RefusesWhatIsNoName) {
  for (HostingTarget target : kHostingTargets) {
    for (const char* domain :
         {"", "example.com\n", "a b", "exa\"mple.com", "a;b", "{a}", "../etc", "Example.com",
          "example.com.", "m\xc3\xbcnchen.example", "a_b.example", "*.example.com", "$host"})
      EXPECT_THROW(hosting_for(target, text_of(domain)), std::invalid_argument) << domain;
    for (const char* mx : {"", "a\r\nmode: none", "\"", "mx1.example.com.", "*", "a.*.example"})
      EXPECT_THROW(hosting_for(target, text_of("example.com", 604800, {mx})), std::invalid_argument)
          << mx;
    // A legal domain, whose host name with `mta-sts.` has 254 octets.
    const std::string label(63, 'a');
    const std::string longest = label + "." + label + "." + label + "." + std::string(51, 'd');
    EXPECT_THROW(hosting_for(target, text_of(longest + ".tt")), std::invalid_argument);
    EXPECT_NO_THROW(hosting_for(target, text_of(longest + ".t")));
  }
}

TEST(Hosting, TheAgentsMaxAgeIsReadBack) {
  for (auto [seconds, written] : {std::pair{86400ULL, "1d"},
                                  {604800ULL, "7d"},
                                  {2592000ULL, "30d"},
                                  {31557600ULL, "8766h"},
                                  {86401ULL, "86401s"},
                                  {0ULL, "0s"},
                                  // write_policy() limits it likewise.
                                  {31557601ULL, "8766h"},
                                  {~0ULL, "8766h"}}) {
    HostedText text = text_of("example.com", seconds);
    std::string settings = content_of(hosting_for(HostingTarget::agent, text), "policy-host.toml");
    EXPECT_EQ(one_line(settings, "max_age"), "max_age = \"" + std::string(written) + "\"");
    auto read = parse_duration(written);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(std::chrono::seconds(std::min(seconds, 31557600ULL)), *read);
  }
}

TEST(Hosting, NginxHasNoExactNameThatIsTooLong) {
  auto name_in = [](const std::string& domain) {
    Hosting hosting = hosting_for(HostingTarget::nginx, text_of(domain));
    return one_line(hosting.files.front().content, "server_name");
  };
  EXPECT_EQ(name_in("example.com"), "server_name mta-sts.example.com;");
  std::string fits = std::string(20, 'a') + ".example.com";    // 40 octets with mta-sts.
  std::string longer = std::string(21, 'a') + ".example.com";  // one more
  EXPECT_EQ(name_in(fits), "server_name mta-sts." + fits + ";");
  EXPECT_EQ(name_in(longer),
            "server_name \"~^mta-sts\\." + std::string(21, 'a') + "\\.example\\.com$\";");
}

TEST(HostingText, ResourceNamesAreDistinct) {
  EXPECT_EQ(resource_name_of("example.com"), "mta-sts-example-com");
  EXPECT_EQ(resource_name_of("a-b.com"), "mta-sts-a--b-com");
  EXPECT_EQ(resource_name_of("a.b.com"), "mta-sts-a-b-com");
  std::set<std::string> names;
  std::vector<std::string> domains(std::begin(kDomains), std::end(kDomains));
  for (const char* domain : {"a-b.com", "a.b.com", "a--b.com", "a-.b.com", "ab.com"})
    domains.push_back(domain);
  // Differ beyond the length of a name.
  for (char last : {'x', 'y'}) domains.push_back(std::string(60, 'a') + "." + last);
  // Would end in a hyphen where it is cut.
  domains.push_back(std::string(34, 'a') + std::string(20, '-') + "b.example");
  for (const std::string& domain : domains) {
    std::string name = resource_name_of(domain);
    EXPECT_LE(name.size(), 54U);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos);
    EXPECT_TRUE(name.front() != '-' && name.back() != '-') << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(HostingText, QuotesEveryOctet) {
  EXPECT_EQ(double_quoted("a\"b\\c\r\n\t"), R"("a\"b\\c\r\n\t")");
  EXPECT_EQ(double_quoted(std::string("\0\x1b\x7f", 3)), R"("\u0000\u001b\u007f")");
  EXPECT_EQ(double_quoted("\xc3\xbc"), "\"\xc3\xbc\"");
  EXPECT_EQ(double_quoted(""), "\"\"");
}

TEST(HostingText, FillsATemplateOnce) {
  EXPECT_EQ(fill("@a@@b@.@a@", {{"a", "@b@"}, {"b", "2"}}), "@b@2.@b@");
  EXPECT_EQ(fill("plain", {}), "plain");
  EXPECT_EQ(fill("", {}), "");
  EXPECT_THROW(fill("@c@", {{"a", "1"}}), std::logic_error);
  EXPECT_THROW(fill("a@b", {{"a", "1"}}), std::logic_error);
}

TEST(HostingText, LinesKeepTheirEnds) {
  using Lines = std::vector<std::string_view>;
  EXPECT_EQ(lines_of("a\r\nb\n\nc"), (Lines{"a\r\n", "b\n", "\n", "c"}));
  EXPECT_EQ(lines_of("a\n"), (Lines{"a\n"}));
  EXPECT_EQ(lines_of(""), Lines{});
}

}  // namespace
}  // namespace mtasts::publish
