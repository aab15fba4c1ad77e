// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/submit_command.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>
#include <ostream>
#include <vector>

#include "base/ascii.h"
#include "base/handle.h"
#include "base/ip_address.h"
#include "base/printable.h"
#include "cli/exit_status.h"

namespace mtasts::cli {
namespace {

constexpr std::string_view kName = "mtasts-exporter submit: ";
constexpr size_t kMost_bytes = 10 * 1024 * 1024;  // the agent takes no more
constexpr size_t kMostToken_bytes = 4096;
constexpr size_t kMostAnswer_bytes = 64 * 1024;

// What to do with the input.
struct Destination {
  std::string url;
  std::string token;
  std::string own_certificate;  // of the agent on this host, whatever its name; empty: verify
};

struct Trouble {
  int status = kExitOk;
  std::string sentence;
};

struct Answer {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string detail;  // of `code`
  std::string body;
};

std::string read_up_to(std::istream& in, size_t most_bytes) {
  std::string text(most_bytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

Trouble read_input(const SubmitOptions& options, std::istream& in, std::string& octets) {
  if (options.file == "-") {
    octets = read_up_to(in, kMost_bytes + 1);
  } else {
    std::ifstream file(options.file, std::ios::binary);
    if (!file)
      return {kExitUsage, fmt::format("cannot read {}: {}", printable(options.file, 200),
                                      std::strerror(errno))};
    octets = read_up_to(file, kMost_bytes + 1);
  }
  if (octets.empty()) return {kExitData, "the input is empty; there is nothing to submit"};
  if (octets.size() > kMost_bytes)
    return {kExitData, "the input is larger than 10 MiB, and no TLS report is"};
  return {};
}

Trouble read_token(const std::string& name, std::string& token) {
  std::ifstream file(name, std::ios::binary);
  if (file) token = trim(read_up_to(file, kMostToken_bytes));
  const auto is_odd = [](char c) { return c <= ' ' || c == 0x7F; };
  if (!token.empty() && std::none_of(token.begin(), token.end(), is_odd)) return {};
  return {kExitConfiguration,
          fmt::format("the token file {} cannot be read, or does not hold one word",
                      printable(name, 200))};
}

bool is_this_host(std::string_view host) {
  if (equals_ignoring_case(host, "localhost")) return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto address = IpAddress::parse(host);
  return address.ok() && address->scope() == AddressScope::loopback;
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const Handle<char, curl_free> owned(text);
  return text;
}

Trouble check_url(const Destination& destination) {
  const Handle<CURLU, curl_url_cleanup> url(curl_url());
  std::string scheme, host;
  if (url && curl_url_set(url.get(), CURLUPART_URL, destination.url.c_str(), 0) == CURLUE_OK) {
    scheme = part_of(url.get(), CURLUPART_SCHEME);
    host = part_of(url.get(), CURLUPART_HOST);
  }
  if ((scheme != "http" && scheme != "https") || host.empty())
    return {kExitUsage, "--url is not a URL such as \"https://reports.example.com/tlsrpt\""};
  if (scheme == "http" && !destination.token.empty() && !is_this_host(host))
    return {kExitUsage, fmt::format("the token would go to {} in clear; use an https URL",
                                    printable(host, 200))};
  return {};
}

Trouble find_destination(const SubmitOptions& options, std::ostream& err,
                         Destination& destination) {
  std::string token_file = options.token_file.value_or("");
  destination.url = options.url.value_or("");
  if (!options.url || options.config) {
    settings::LoadedSettings loaded =
        settings::load_settings(options.config.value_or(""), settings::process_environment());
    for (const auto& error : loaded.errors) err << error.text() << "\n";
    if (!loaded.ok()) return {kExitConfiguration, "the settings are invalid"};
    const settings::ReportsHttpsSettings& https = loaded.settings.reports.https;
    if (!options.url) {
      destination.url = submit_url_of(https);
      destination.own_certificate = https.cert_file;
      if (token_file.empty()) token_file = https.submit_token_file;
    }
  }
  if (destination.url.empty())
    return {
        kExitConfiguration,
        "[reports.https] listen is not set; name the settings file by --config, or the agent by "
        "--url"};
  if (!token_file.empty()) {
    Trouble trouble = read_token(token_file, destination.token);
    if (trouble.status != kExitOk) return trouble;
  }
  return check_url(destination);
}

size_t collect(char* octets, size_t size, size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  const size_t room = kMostAnswer_bytes - std::min(kMostAnswer_bytes, body.size());
  body.append(octets, std::min(room, size * count));
  return size * count;
}

Answer post(const Destination& destination, const std::string& octets,
            const SubmitOptions& options) {
  Answer answer;
  const Handle<CURL, curl_easy_cleanup> curl(curl_easy_init());
  if (!curl) {
    answer.code = CURLE_FAILED_INIT;
    answer.detail = "libcurl cannot start";
    return answer;
  }
  std::vector<std::string> fields = {"Content-Type: application/octet-stream", "Expect:"};
  if (!destination.token.empty()) fields.push_back("Authorization: Bearer " + destination.token);
  Handle<curl_slist, curl_slist_free_all> list;
  for (const std::string& field : fields)
    list.reset(curl_slist_append(list.release(), field.c_str()));
  char detail[CURL_ERROR_SIZE] = "";
  CURL* easy = curl.get();
  curl_easy_setopt(easy, CURLOPT_URL, destination.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(octets.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, octets.data());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &collect);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
  if (!destination.own_certificate.empty()) {
    // The agent is reached by an address, and its certificate has its public name: it must be the
    // one in the file.
    curl_easy_setopt(easy, CURLOPT_CAINFO, destination.own_certificate.c_str());
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  answer.code = curl_easy_perform(easy);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
  answer.detail = detail[0] != '\0' ? detail : curl_easy_strerror(answer.code);
  return answer;
}

Trouble judge(const Destination& destination, const Answer& answer) {
  const std::string url = printable(destination.url, 200);
  const std::string text = printable(trim(answer.body), 200);
  // 413 may come before the whole body is sent, with a connection that ends early.
  if (answer.status == 413)
    return {kExitData, fmt::format("{} refuses the input as too large", url)};
  if (answer.code != CURLE_OK && answer.status != 0)
    return {kExitTryAgain, fmt::format("{} cannot keep the report now ({}: {}); try again", url,
                                       answer.status, printable(answer.detail, 200))};
  if (answer.code != CURLE_OK)
    return {kExitTryAgain,
            fmt::format("cannot reach {}: {}; try again", url, printable(answer.detail, 200))};
  if (answer.status == 200 || answer.status == 201) return {};
  if (answer.status == 401)
    return {kExitTryAgain, fmt::format("{} does not accept the token (401); write the token of its "
                                       "submit_token_file to the token file, and try again",
                                       url)};
  return {kExitTryAgain,
          fmt::format("{} answered {} ({}); correct the URL if it is not that of an agent, and try "
                      "again",
                      url, answer.status, text)};
}

}  // namespace

std::string submit_url_of(const settings::ReportsHttpsSettings& https) {
  if (https.listen.empty()) return {};
  settings::Endpoint endpoint = https.listen.front();
  if (endpoint.address == IpAddress::v4({}) || endpoint.address == IpAddress::v6({}))
    endpoint.address = IpAddress::v4({127, 0, 0, 1});  // an IPv6 any-address takes IPv4, too
  return fmt::format("{}://{}{}", https.cert_file.empty() ? "http" : "https", endpoint.text(),
                     https.path);
}

int run_submit(const SubmitOptions& options, std::istream& in, std::ostream& err) {
  Destination destination;
  std::string octets;
  Trouble trouble = find_destination(options, err, destination);
  if (trouble.status == kExitOk) trouble = read_input(options, in, octets);
  if (trouble.status == kExitOk) trouble = judge(destination, post(destination, octets, options));
  if (trouble.status != kExitOk) err << kName << trouble.sentence << "\n";
  return trouble.status;
}

}  // namespace mtasts::cli
