// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// [web.tls], [web.basic_auth], [web] anonymous_role and config_file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "settings/bcrypt_hash.h"
#include "settings/settings.h"
#include "settings/yaml_reader.h"

namespace mtasts::settings {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kHash = "$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u";

std::string errors_of(const LoadedSettings& loaded) {
  std::string text;
  for (const auto& error : loaded.errors) text += error.text() + '\n';
  return text;
}

WebSettings good(const std::string& toml, const Environment& environment = {}) {
  auto loaded = parse_settings(toml, "/etc/agent/test.toml", environment);
  EXPECT_EQ(errors_of(loaded), "");
  return loaded.settings.web;
}

std::string bad(const std::string& toml, const Environment& environment = {}) {
  return errors_of(parse_settings(toml, "/etc/agent/test.toml", environment));
}

TEST(WebAccess, NothingSetIsOpenAsEver) {
  const WebSettings web = good("");
  EXPECT_FALSE(web.tls.enabled());
  EXPECT_TRUE(web.access.users.empty());
  EXPECT_EQ(web.access.anonymous(), WebRole::write);
}

TEST(WebAccess, UsersCloseThePort) {
  const WebSettings web = good("[web.basic_auth]\nusers = { b = \"" + kHash + "\", a = \"" + kHash +
                               "\" }\nroles = { b = \"read\" }\n");
  ASSERT_EQ(web.access.users.size(), 2u);
  EXPECT_EQ(web.access.users[0].name, "a");
  EXPECT_EQ(web.access.users[0].role, WebRole::write);
  EXPECT_EQ(web.access.users[1].role, WebRole::read);
  EXPECT_EQ(web.access.anonymous(), WebRole::none);
  EXPECT_EQ(good("[web]\nanonymous_role = \"read\"\n[web.basic_auth.users]\na = \"" + kHash + "\"")
                .access.anonymous(),
            WebRole::read);
  EXPECT_EQ(good("[web]\nanonymous_role = \"none\"\n").access.anonymous(), WebRole::none);
}

TEST(WebAccess, UsersFromTheEnvironment) {
  const WebSettings web =
      good("", {{"MTASTS_WEB_BASIC_AUTH_USERS", "a=" + kHash + ", b = " + kHash},
                {"MTASTS_WEB_BASIC_AUTH_ROLES", "a=probe"}});
  ASSERT_EQ(web.access.users.size(), 2u);
  EXPECT_EQ(web.access.users[0].hash, kHash);
  EXPECT_EQ(web.access.users[0].role, WebRole::probe);
  EXPECT_EQ(web.access.users[1].name, "b");
  EXPECT_THAT(bad("", {{"MTASTS_WEB_BASIC_AUTH_USERS", "a=" + kHash + ",a=" + kHash}}),
              HasSubstr("\"a\" is there twice"));
}

TEST(WebAccess, Tls) {
  const WebSettings web = good(
      "[web.tls]\ncert_file = \"tls.crt\"\nkey_file = \"/k\"\nclient_ca_file = \"ca.crt\"\n"
      "client_allowed_sans = [\"prometheus.example.com\", \"192.0.2.1\"]\n");
  EXPECT_TRUE(web.tls.enabled());
  EXPECT_EQ(web.tls.cert_file, "/etc/agent/tls.crt");
  EXPECT_EQ(web.tls.key_file, "/k");
  EXPECT_EQ(web.tls.client_certificates, ClientCertificates::verified);
  EXPECT_EQ(good("[web.tls]\ncert_file = \"c\"\nkey_file = \"k\"\n").tls.client_certificates,
            ClientCertificates::ignored);
  struct Case {
    const char *toml, *error;
  };
  const Case cases[] = {
      {"cert_file = \"c\"", "cert_file needs key_file"},
      {"key_file = \"k\"", "key_file needs cert_file"},
      {"client_ca_file = \"a\"", "client_ca_file needs cert_file"},
      {"cert_file = \"c\"\nkey_file = \"k\"\nclient_allowed_sans = [\"a\"]",
       "client_allowed_sans needs client_ca_file"},
      {"client_allowed_sans = []", "client_allowed_sans lists no name"},
      {"client_allowed_sans = [\"*.example\"]", "\"*.example\" is no pattern"},
      {"client_allowed_sans = [\"\"]", "a name must have from 1"},
      {"min_version = \"TLS13\"", "[web.tls] min_version is not a setting"},
  };
  for (const Case& c : cases)
    EXPECT_THAT(bad(std::string("[web.tls]\n") + c.toml + "\n"), HasSubstr(c.error)) << c.toml;
}

TEST(WebAccess, BcryptHashes) {
  for (const char* prefix : {"$2a$", "$2b$", "$2y$"})
    EXPECT_EQ(bcrypt_fault(prefix + kHash.substr(4)), "") << prefix;
  EXPECT_EQ(bcrypt_cost(kHash), 10);
  struct Case {
    std::string hash;
    const char* fault;
  };
  const auto with_cost = [](const std::string& cost) { return "$2y$" + cost + kHash.substr(6); };
  const Case cases[] = {
      {"", "is empty"},
      {"secret", "is not a bcrypt hash"},
      {"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "is not a bcrypt hash"},  // htpasswd -s
      {"$apr1$abc$abc", "is not a bcrypt hash"},                      // htpasswd -m
      {"$6$abc$abc", "is not a bcrypt hash"},                         // crypt
      {"$2$10$" + kHash.substr(7), "is not a bcrypt hash"},
      {"$2x$" + kHash.substr(4), "$2x$"},
      {kHash.substr(0, 59), "has 59 characters"},
      {kHash + "u", "has 61 characters"},
      {kHash.substr(0, 59) + ":", "is not a bcrypt hash: after"},
      {kHash.substr(0, 59) + "\n", "is not a bcrypt hash: after"},
      {"$2y$1x$" + kHash.substr(7), "is not a bcrypt hash: after"},
      {with_cost("03"), "has the cost 3,"},
      {with_cost("32"), "has the cost 32,"},
      {with_cost("31"), "use 14 at most"},
      {with_cost("15"), "use 14 at most"},
  };
  for (const Case& c : cases) EXPECT_THAT(bcrypt_fault(c.hash), HasSubstr(c.fault)) << c.hash;
  EXPECT_EQ(bcrypt_fault(with_cost("04")), "");
  EXPECT_EQ(bcrypt_fault(with_cost("14")), "");
}

TEST(WebAccess, NoHashIsShown) {
  EXPECT_EQ(bad("[web.basic_auth]\nusers = { a = \"hunter2\" }\n").find("hunter2"),
            std::string::npos);
}

class WebConfigFile : public testing::Test {
 protected:
  WebConfigFile() {
    std::string name = (fs::temp_directory_path() / "web-config-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    file_ = (root_ / "web.yml").string();
  }
  ~WebConfigFile() override { fs::remove_all(root_); }

  LoadedSettings load(const std::string& yaml, const std::string& toml = "") const {
    std::ofstream(file_, std::ios::binary) << yaml;
    return parse_settings("[web]\nconfig_file = \"" + file_ + "\"\n" + toml, "/etc/a.toml", {});
  }
  WebSettings good(const std::string& yaml, const std::string& toml = "") const {
    auto loaded = load(yaml, toml);
    EXPECT_EQ(errors_of(loaded), "") << yaml;
    return loaded.settings.web;
  }
  // Without the directory.
  std::string bad(const std::string& yaml, const std::string& toml = "") const {
    std::string text = errors_of(load(yaml, toml));
    const std::string directory = root_.string() + "/";
    for (size_t at = 0; (at = text.find(directory)) != std::string::npos;)
      text.erase(at, directory.size());
    return text;
  }

  fs::path root_;
  std::string file_;
};

TEST_F(WebConfigFile, WhatPrometheusDocuments) {
  const WebSettings web = good(
      "tls_server_config:\n"
      "  cert_file: server.crt\n"
      "  key_file: /etc/server.key\n"
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_ca_file: clients.crt\n"
      "  client_allowed_sans: [prometheus.example.com]\n"
      "  min_version: TLS12\n"
      "  max_version: TLS13\n"
      "  cipher_suites:\n"
      "    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n"
      "    - TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305\n"
      "    - TLS_AES_128_GCM_SHA256\n"
      "  prefer_server_cipher_suites: false\n"
      "  curve_preferences: [CurveP256, X25519]\n"
      "http_server_config:\n"
      "  http2: true\n"
      "  headers:\n"
      "    Strict-Transport-Security: max-age=31536000\n"
      "    x-frame-options: DENY\n"
      "basic_auth_users:\n"
      "  alice: " +
          kHash + "\n  bob: '" + kHash + "'\nrate_limit:\n  interval: 1s\n  burst: 5\n",
      "[web.basic_auth]\nroles = { bob = \"read\" }\n");
  EXPECT_EQ(web.tls.cert_file, (root_ / "server.crt").string()) << "relative to the file";
  EXPECT_EQ(web.tls.key_file, "/etc/server.key");
  EXPECT_EQ(web.tls.client_ca_file, (root_ / "clients.crt").string());
  EXPECT_EQ(web.tls.client_certificates, ClientCertificates::verified);
  EXPECT_THAT(web.tls.client_allowed_sans, ElementsAre("prometheus.example.com"));
  EXPECT_EQ(web.tls.cipher_list, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305");
  EXPECT_EQ(web.tls.cipher_suites_1_3, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(web.tls.groups, "P-256:X25519");
  EXPECT_FALSE(web.tls.prefers_own_order);
  ASSERT_EQ(web.access.users.size(), 2u);
  EXPECT_EQ(web.access.users[0].role, WebRole::write);
  EXPECT_EQ(web.access.users[1].role, WebRole::read);
  EXPECT_EQ(web.access.anonymous(), WebRole::none);
  EXPECT_EQ(web.access.rate_limit.interval, std::chrono::seconds(1));
  EXPECT_EQ(web.access.rate_limit.burst, 5);
  EXPECT_THAT(web.access.response_fields,
              ElementsAre(WebResponseField{"Strict-Transport-Security", "max-age=31536000"},
                          WebResponseField{"X-Frame-Options", "DENY"}));
}

TEST_F(WebConfigFile, ChangesTheHashAndIsWatched) {
  const auto one = load("basic_auth_users:\n  a: " + kHash + "\n");
  const auto other = load("basic_auth_users:\n  b: " + kHash + "\n");
  EXPECT_NE(one.settings.hash, other.settings.hash);
  EXPECT_THAT(one.settings.files, testing::Contains(fs::path(file_)));
}

TEST_F(WebConfigFile, EmptyIsAllowed) {
  for (const char* yaml : {"", "# nothing\n", "---\n", "{}\n", "tls_server_config:\n", "~\n"}) {
    const WebSettings web = good(yaml);
    EXPECT_FALSE(web.tls.enabled()) << yaml;
    EXPECT_EQ(web.access.anonymous(), WebRole::write) << yaml;
  }
}

TEST_F(WebConfigFile, FromTheCommandLine) {
  std::ofstream(file_) << "basic_auth_users:\n  a: " << kHash << "\n";
  auto loaded = parse_settings("", "/etc/a.toml", {}, file_);
  EXPECT_EQ(errors_of(loaded), "");
  EXPECT_EQ(loaded.settings.web.access.users.size(), 1u);
  loaded = parse_settings("", "", {}, (root_ / "missing.yml").string());
  EXPECT_EQ(errors_of(loaded), "--web.config.file: [web] config_file " +
                                   (root_ / "missing.yml").string() +
                                   " cannot be read: No such file or directory\n");
}

TEST_F(WebConfigFile, SaysWhatCannotBeHonoured) {
  struct Case {
    const char *yaml, *errors;
  };
  const std::string tls = "tls_server_config:\n  cert_file: c\n  key_file: k\n";
  const Case cases[] = {
      {"tls_server_confg: {}\n",
       "web.yml:1:1: \"tls_server_confg\" is no key of a web configuration file; did you mean "
       "\"tls_server_config\"?\n"},
      {"- a\n", "web.yml:1:1: the file must be a table, not a list\n"},
      {"tls_server_config: [a]\n", "web.yml:1:20: tls_server_config must be a table, not a list\n"},
      {"tls_server_config:\n  cert_file: c\n",
       "web.yml:2:3: tls_server_config: key_file is missing\n"},
      {"tls_server_config:\n  key_file: c\n",
       "web.yml:2:3: tls_server_config: cert_file is missing\n"},
      {"tls_server_config:\n  client_auth_type: NoClientCert\n",
       "web.yml:2:3: tls_server_config: cert_file and key_file are missing\n"},
      {"basic_auth_users:\n  a: &x b\n",
       "web.yml:2:6: anchors (&name) are not accepted; remove it\n"},
      {"basic_auth_users:\n  a: *x\n",
       "web.yml:2:6: aliases (*name) are not accepted; write the value itself\n"},
      {"basic_auth_users:\n  a: !!binary b\n",
       "web.yml:2:6: tags (!name) are not accepted; remove it\n"},
      {"rate_limit: {}\n---\nrate_limit: {}\n",
       "web.yml:2:1: a second document begins here; keep one\n"},
      {"rate_limit: {}\nrate_limit: {}\n",
       "web.yml:2:1: \"rate_limit\" is there twice, first in line 1; keep one\n"},
      {"rate_limit: {interval: 1x}\n", "web.yml:1:24: interval: "},
      {"rate_limit: {burst: 0}\n", "web.yml:1:21: burst must be a number from 1 to 1000000"},
      {"a: [[[[[[[[[[1]]]]]]]]]]\n", "this is nested too deep"},
      {"a: b: c\n", "web.yml:1:5: invalid YAML: mapping values are not allowed in this context\n"},
      {"\tb: c\n", "invalid YAML: "},
      {"http_server_config:\n  http2: \"true\"\n", "web.yml:2:10: http2 must be true or false\n"},
      {"http_server_config:\n  headers:\n    X-Frame-Options: allow\n",
       "web.yml:3:22: headers: X-Frame-Options must be deny or sameorigin, not \"allow\"\n"},
      {"http_server_config:\n  headers:\n    Server: x\n",
       "web.yml:3:5: headers: \"Server\" cannot"},
      {"http_server_config:\n  headers:\n    X-XSS-Protection: \"a\\r\\nSet-Cookie: b\"\n",
       "X-XSS-Protection must be printable ASCII"},
      {"basic_auth_users: [a]\n", "web.yml:1:19: basic_auth_users must be a table of names"},
      {"basic_auth_users:\n  a: plain\n",
       "web.yml:2:6: basic_auth_users: the hash of \"a\" is not a bcrypt hash"},
      {"basic_auth_users:\n  a:\n", "basic_auth_users: the hash of \"a\" is empty"},
  };
  for (const Case& c : cases) EXPECT_THAT(bad(c.yaml), HasSubstr(c.errors)) << c.yaml;
  const Case more[] = {
      {"min_version: TLS10", "min_version TLS10 is too old"},
      {"max_version: TLS11", "max_version TLS11 is too old"},
      {"min_version: SSL3", "min_version must be TLS12 or TLS13"},
      {"min_version: TLS13\n  max_version: TLS12", "min_version is above max_version"},
      {"client_ca_file: ca", "client_ca_file has no effect without client_auth_type"},
      {"client_auth_type: RequireAndVerifyClientCert", "client_auth_type needs client_ca_file"},
      {"client_auth_type: Require", "client_auth_type \"Require\" is not known"},
      {"client_allowed_sans: [a]", "client_allowed_sans needs client_auth_type"},
      {"client_auth_type: RequireAnyClientCert\n  client_allowed_sans: [a]",
       "client_allowed_sans needs client_auth_type"},
      {"cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]", "\"TLS_RSA_WITH_RC4_128_SHA\" is not known"},
      {"cipher_suites: [TLS_AES_128_GCM_SHA256]", "cipher_suites has none of TLS 1.2"},
      {"curve_preferences: [X25519MLKEM768]", "\"X25519MLKEM768\" is not available"},
      {"cert: x", "cert and cert_file are both set"},
      {"client_auth: x", "\"client_auth\" is no key of tls_server_config"},
  };
  for (const Case& c : more)
    EXPECT_THAT(bad(tls + "  " + c.yaml + "\n"), HasSubstr(c.errors)) << c.yaml;
}

TEST_F(WebConfigFile, IsNotMixedWithTheSections) {
  EXPECT_THAT(bad("", "[web.tls]\ncert_file = \"c\"\nkey_file = \"k\"\n"),
              HasSubstr("[web.tls] is set, and [web] config_file as well"));
  EXPECT_THAT(bad("", "[web.basic_auth]\nusers = { a = \"" + kHash + "\" }\n"),
              HasSubstr("[web.basic_auth] users is set, and [web] config_file as well"));
}

TEST(YamlReader, IsBounded) {
  EXPECT_TRUE(std::holds_alternative<YamlFault>(read_yaml(std::string(100'000, '['))));
  EXPECT_TRUE(std::holds_alternative<YamlFault>(read_yaml(std::string(100'000, '{'))));
  std::string many = "a: [";
  for (int i = 0; i < 20'000; ++i) many += "1,";
  const auto read = read_yaml(many + "]");
  ASSERT_TRUE(std::holds_alternative<YamlFault>(read));
  EXPECT_EQ(std::get<YamlFault>(read).message, "the file has too many values");
  EXPECT_TRUE(std::holds_alternative<YamlFault>(read_yaml(std::string("a: \xFF\xFE\x00", 6))));
}

}  // namespace
}  // namespace mtasts::settings
