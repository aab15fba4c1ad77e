// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/web_config_tls.h"

#include <fmt/format.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "settings/web_parsers.h"

namespace mtasts::settings {
namespace {

struct Word {
  std::string_view name;   // Go's
  std::string_view value;  // OpenSSL's
};

// crypto/tls of Go: what CipherSuites() lists. Those of TLS 1.3 come last.
constexpr Word kSuites12[] = {
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
};
constexpr Word kSuites13[] = {
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"},
    {"TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"},
    {"TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"},
};
constexpr Word kCurves[] = {
    {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}};

std::string_view value_of(std::span<const Word> words, std::string_view name) {
  for (const Word& word : words)
    if (word.name == name) return word.value;
  return {};
}

void append(std::string& list, std::string_view value) {
  if (!list.empty()) list += ':';
  list += value;
}

class TlsReader {
 public:
  TlsReader(WebTlsSettings& tls, YamlTables& yaml, const YamlNode& node)
      : tls_(tls), yaml_(yaml), node_(node) {}

  void read() {
    const size_t before = yaml_.builder().errors.count();
    const std::vector<YamlKey<TlsReader>> keys = {
        {"cert_file", &TlsReader::take_cert_file},
        {"key_file", &TlsReader::take_key_file},
        {"cert", &TlsReader::take_cert},
        {"key", &TlsReader::take_key},
        {"client_ca_file", &TlsReader::take_client_ca_file},
        {"client_ca", &TlsReader::take_client_ca},
        {"client_auth_type", &TlsReader::take_client_auth_type},
        {"client_allowed_sans", &TlsReader::take_client_allowed_sans},
        {"min_version", &TlsReader::take_min_version},
        {"max_version", &TlsReader::take_max_version},
        {"cipher_suites", &TlsReader::take_cipher_suites},
        {"prefer_server_cipher_suites", &TlsReader::take_preference},
        {"curve_preferences", &TlsReader::take_curves},
    };
    yaml_.read_table(*this, node_, "tls_server_config", keys);
    if (node_.kind == YamlNode::Kind::table && yaml_.builder().errors.count() == before) compare();
  }

 private:
  using Node = YamlNode;
  void take_cert_file(const Node& node) { yaml_.read_file_name(node, "cert_file", tls_.cert_file); }
  void take_key_file(const Node& node) { yaml_.read_file_name(node, "key_file", tls_.key_file); }
  void take_cert(const Node& node) { yaml_.read_text(node, "cert", tls_.cert); }
  void take_key(const Node& node) { yaml_.read_text(node, "key", tls_.key); }
  void take_client_ca(const Node& node) { yaml_.read_text(node, "client_ca", tls_.client_ca); }
  void take_client_ca_file(const Node& node) {
    yaml_.read_file_name(node, "client_ca_file", tls_.client_ca_file);
  }
  void take_preference(const Node& node) {
    yaml_.read_boolean(node, "prefer_server_cipher_suites", tls_.prefers_own_order);
  }

  void take_client_auth_type(const Node& node) {
    static constexpr std::pair<std::string_view, ClientCertificates> kTypes[] = {
        {"", ClientCertificates::ignored},
        {"NoClientCert", ClientCertificates::ignored},
        {"RequestClientCert", ClientCertificates::requested},
        {"RequireAnyClientCert", ClientCertificates::any},
        {"RequireClientCert", ClientCertificates::any},
        {"VerifyClientCertIfGiven", ClientCertificates::verified_if_given},
        {"RequireAndVerifyClientCert", ClientCertificates::verified},
    };
    std::string text;
    if (!yaml_.read_text(node, "client_auth_type", text)) return;
    for (const auto& [name, type] : kTypes)
      if (name == text) {
        tls_.client_certificates = type;
        return;
      }
    yaml_.complain(node, fmt::format("client_auth_type \"{}\" is not known; to demand valid client "
                                     "certificates, use RequireAndVerifyClientCert",
                                     printable(text, 60)));
  }

  void take_client_allowed_sans(const Node& node) {
    std::vector<SourceText> values;
    if (!yaml_.read_list(node, "client_allowed_sans", values)) return;
    set_allowed_sans(yaml_.builder(), "client_allowed_sans", yaml_.place_of(node), values);
  }

  void take_min_version(const Node& node) {
    const std::string version = version_of(node, "min_version");
    if (version == "TLS10" || version == "TLS11")
      yaml_.complain(node, fmt::format("min_version {} is too old: the agent speaks TLS 1.2 and "
                                       "1.3; use TLS12",
                                       version));
    tls_.tls12 = version != "TLS13";
  }

  void take_max_version(const Node& node) {
    const std::string version = version_of(node, "max_version");
    if (version == "TLS10" || version == "TLS11")
      yaml_.complain(node, fmt::format("max_version {} is too old: the agent speaks TLS 1.2 and "
                                       "1.3; use TLS12 or TLS13",
                                       version));
    tls_.tls13 = version != "TLS12";
  }

  std::string version_of(const Node& node, std::string_view title) {
    std::string text;
    if (!yaml_.read_text(node, title, text)) return {};
    const bool known =
        text.empty() || text == "TLS10" || text == "TLS11" || text == "TLS12" || text == "TLS13";
    if (!known)
      yaml_.complain(
          node, fmt::format("{} must be TLS12 or TLS13, not \"{}\"", title, printable(text, 40)));
    return text;
  }

  void take_cipher_suites(const Node& node) {
    std::vector<SourceText> values;
    if (!yaml_.read_list(node, "cipher_suites", values)) return;
    for (const SourceText& value : values) {
      std::string name = value.text;
      if (name.ends_with("_POLY1305")) name += "_SHA256";  // Go's former name of the same
      if (auto old = value_of(kSuites12, name); !old.empty()) {
        append(tls_.cipher_list, old);
      } else if (auto fresh = value_of(kSuites13, name); !fresh.empty()) {
        append(tls_.cipher_suites_1_3, fresh);
      } else {
        yaml_.builder().errors.add(
            value.place, fmt::format("cipher_suites: \"{}\" is not known or not secure; remove it",
                                     printable(value.text, 80)));
      }
    }
  }

  void take_curves(const Node& node) {
    std::vector<SourceText> values;
    if (!yaml_.read_list(node, "curve_preferences", values)) return;
    for (const SourceText& value : values) {
      if (auto curve = value_of(kCurves, value.text); !curve.empty())
        append(tls_.groups, curve);
      else
        yaml_.builder().errors.add(
            value.place, fmt::format("curve_preferences: \"{}\" is not available; use CurveP256, "
                                     "CurveP384, CurveP521 or X25519",
                                     printable(value.text, 40)));
    }
  }

  void compare() {
    const auto complain = [this](std::string_view message) {
      yaml_.complain(node_, fmt::format("tls_server_config: {}", message));
    };
    const bool cert = tls_.enabled();
    const bool key = !tls_.key_file.empty() || !tls_.key.empty();
    const bool ca = !tls_.client_ca_file.empty() || !tls_.client_ca.empty();
    const auto type = tls_.client_certificates;
    const bool verifies =
        type == ClientCertificates::verified || type == ClientCertificates::verified_if_given;
    if (!tls_.cert.empty() && !tls_.cert_file.empty())
      return complain("cert and cert_file are both set; keep one");
    if (!tls_.key.empty() && !tls_.key_file.empty())
      return complain("key and key_file are both set; keep one");
    if (!tls_.client_ca.empty() && !tls_.client_ca_file.empty())
      return complain("client_ca and client_ca_file are both set; keep one");
    if (cert != key) return complain(cert ? "key_file is missing" : "cert_file is missing");
    if (!cert && !node_.entries.empty()) return complain("cert_file and key_file are missing");
    if (ca && type == ClientCertificates::ignored)
      return complain(
          "client_ca_file has no effect without client_auth_type: RequireAndVerifyClientCert");
    if (verifies && !ca)
      return complain("client_auth_type needs client_ca_file, the authority of the clients");
    if (!tls_.client_allowed_sans.empty() && !verifies)
      return complain(
          "client_allowed_sans needs client_auth_type: RequireAndVerifyClientCert, else anybody "
          "could present a certificate with any name");
    if (!tls_.tls12 && !tls_.tls13) return complain("min_version is above max_version");
    // OpenSSL has a list for each version; one that lists suites of the other alone allows all.
    if (tls_.cipher_list.empty() && !tls_.cipher_suites_1_3.empty() && tls_.tls12)
      return complain("cipher_suites has none of TLS 1.2; add some, or set min_version: TLS13");
  }

  WebTlsSettings& tls_;
  YamlTables& yaml_;
  const YamlNode& node_;
};

}  // namespace

void read_web_config_tls(WebTlsSettings& tls, YamlTables& yaml, const YamlNode& node) {
  TlsReader(tls, yaml, node).read();
}

}  // namespace mtasts::settings
