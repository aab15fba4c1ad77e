// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/imap_connection.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "intake/imap_response.h"

namespace mtasts::intake {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kShown_bytes = 300;
constexpr size_t kMostRefusal_bytes = 1000;
constexpr long kConnect_ms = 20'000;
constexpr long kLogin_ms = 60'000;  // connecting included; some servers delay a refusal
// Kerberos and NTLM are left out: libcurl would prefer them, and there is no ticket.
constexpr const char* kPasswordMechanisms =
    "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5;AUTH=SCRAM-SHA-1;AUTH=SCRAM-SHA-256";
constexpr const char* kTokenMechanisms = "AUTH=OAUTHBEARER;AUTH=XOAUTH2";

std::string decoded(std::string_view base64) {
  std::string octets(base64.size(), '\0');
  const int size_bytes = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                                         reinterpret_cast<const unsigned char*>(base64.data()),
                                         static_cast<int>(base64.size()));
  octets.resize(size_bytes < 0 ? 0 : static_cast<size_t>(size_bytes));
  while (octets.ends_with('\0')) octets.pop_back();  // for padding
  return octets;
}

bool initialized() {
  // Once per process, before the first handle; thread-safe since libcurl 7.84.
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  return global == CURLE_OK;
}

}  // namespace

ImapConnection::ImapConnection(const ImapLogin& login, const StopSignal& stop)
    : stop_(stop), server_(login.url.server()) {}

Result<std::unique_ptr<ImapConnection>> ImapConnection::open(const ImapLogin& login,
                                                             const StopSignal& stop) {
  std::unique_ptr<ImapConnection> connection(new ImapConnection(login, stop));
  const CURLcode code = connection->connect(login);
  if (code != CURLE_OK) return connection->failure_of(code, login);
  return connection;
}

ImapConnection::~ImapConnection() {
  // libcurl would send a LOGOUT of its own and wait for the answer.
  if (socket_ != CURL_SOCKET_BAD) ::shutdown(socket_, SHUT_RDWR);
}

CURLcode ImapConnection::connect(const ImapLogin& login) {
  if (!initialized()) return CURLE_FAILED_INIT;
  for (;;) {
    easy_.reset(curl_easy_init());
    if (!easy_) return CURLE_OUT_OF_MEMORY;
    refusal_.clear();
    asked_ = false;
    set_options(login);
    const CURLcode code = curl_easy_perform(easy_.get());
    // Nothing in common: without a user libcurl leaves the login to us.
    if (code == CURLE_LOGIN_DENIED && !asked_ && refusal_.empty() && !login.is_token &&
        logged_in_) {
      logged_in_ = false;
      continue;
    }
    if (code != CURLE_OK) return code;
    curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket_);
    return socket_ == CURL_SOCKET_BAD ? CURLE_RECV_ERROR : CURLE_OK;
  }
}

void ImapConnection::set_options(const ImapLogin& login) {
  CURL* easy = easy_.get();
  const std::string url =
      fmt::format("{}://{}/", login.url.implicit_tls ? "imaps" : "imap", server_);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "imap,imaps");
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a lookup in progress must not delay the end
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnect_ms);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kLogin_ms);
  curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, kLogin_ms / 1000);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &ImapConnection::on_line);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &ImapConnection::on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);

  curl_easy_setopt(easy, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!login.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, login.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  if (!logged_in_) return;
  curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS,
                   login.is_token ? kTokenMechanisms : kPasswordMechanisms);
  curl_easy_setopt(easy, CURLOPT_USERNAME, login.user.c_str());
  if (login.is_token)
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, login.secret.c_str());
  else
    curl_easy_setopt(easy, CURLOPT_PASSWORD, login.secret.c_str());
}

// What the server says during the login. It must never be shown when it repeats the secret.
bool ImapConnection::hear(std::string_view line) {
  line = trim(line.substr(0, kMostRefusal_bytes));
  if (!greeted_ && !line.starts_with('*')) {
    refusal_ = line;
    return false;
  }
  greeted_ = true;
  if (line.starts_with('+')) {
    asked_ = true;
    challenge_ = trim(line.substr(1));
  }
  const std::string_view tag = line.substr(0, line.find(' '));
  const ImapResponse response{.text = std::string(line), .literals = {}};
  const auto status = read_status(response, tag);
  using Kind = ImapStatus::Kind;
  if (!status || status->kind == Kind::ok || status->kind == Kind::preauth) return true;
  if (tag == "*" && status->kind != Kind::bye) return true;
  refusal_ = line.substr(std::min(line.find(' ') + 1, line.size()));
  return true;
}

size_t ImapConnection::on_line(char* line, size_t, size_t size_bytes, void* self) {
  const bool goes_on = static_cast<ImapConnection*>(self)->hear({line, size_bytes});
  return goes_on ? size_bytes : 0;
}

int ImapConnection::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<ImapConnection*>(self)->stop_.raised() ? 1 : 0;
}

Failure ImapConnection::refused_login(const ImapLogin& login) const {
  const std::string user = quoted(login.user, kShown_bytes);
  if (!asked_ && refusal_.empty())
    return {FailureKind::invalid,
            fmt::format("{} offers no login that fits: {}", server_,
                        login.is_token ? "neither OAUTHBEARER nor XOAUTH2; use password_file"
                                       : "none with a password; use token_file")};
  // XOAUTH2 tells why in a challenge (JSON) instead of the result.
  const std::string said = refusal_.empty() && login.is_token ? decoded(challenge_) : refusal_;
  const bool repeats = !login.secret.empty() && said.find(login.secret) != std::string::npos;
  const std::string words =
      said.empty() || repeats ? std::string() : ": " + printable(said, kShown_bytes);
  return {FailureKind::invalid, fmt::format("{} refuses the {} of user {}{}", server_,
                                            login.is_token ? "token" : "password", user, words)};
}

Failure ImapConnection::failure_of(CURLcode code, const ImapLogin& login) const {
  const std::string words =
      printable(trim(words_[0] != '\0' ? words_ : curl_easy_strerror(code)), kShown_bytes);
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return {FailureKind::cancelled, "the agent is stopping"};
    case CURLE_LOGIN_DENIED:
    case CURLE_AUTH_ERROR:
      return refused_login(login);
    case CURLE_COULDNT_RESOLVE_HOST:
      return {FailureKind::io, fmt::format("the name {} cannot be resolved", login.url.host)};
    case CURLE_COULDNT_CONNECT:
      return {FailureKind::io, fmt::format("cannot connect to {}: {}", server_, words)};
    case CURLE_OPERATION_TIMEDOUT:
      return {FailureKind::timed_out,
              greeted_ ? fmt::format("{} did not complete the login in time", server_)
                       : fmt::format("{} did not answer in time", server_)};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {FailureKind::invalid,
              fmt::format("the certificate of {} is not trusted: {}; correct it, or name its "
                          "authority in ca_file",
                          server_, words)};
    case CURLE_SSL_CACERT_BADFILE:
      return {FailureKind::invalid,
              fmt::format("cannot use ca_file {}", quoted(login.ca_file, kShown_bytes))};
    case CURLE_USE_SSL_FAILED:
      return {FailureKind::invalid, fmt::format("{} offers no STARTTLS; use imaps://", server_)};
    case CURLE_SSL_CONNECT_ERROR:
      return {FailureKind::io, fmt::format("TLS with {} failed: {}", server_, words)};
    case CURLE_WRITE_ERROR:  // hear() wants no more
      return {FailureKind::invalid, fmt::format("{} does not speak IMAP: {}", server_,
                                                printable(refusal_, kShown_bytes))};
    default:
      break;
  }
  const std::string reason =
      refusal_.empty() ? words : "it ends the connection: " + printable(refusal_, kShown_bytes);
  return {FailureKind::io, fmt::format("{}: {}", server_, reason)};
}

Result<void> ImapConnection::wait(short events, steady_clock::time_point end) const {
  const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
  switch (stop_.wait_for_socket(socket_, events, std::max(left, milliseconds(0)))) {
    case StopSignal::Ready::socket:
      return {};
    case StopSignal::Ready::raised:
      return Failure{FailureKind::cancelled, "the agent is stopping"};
    case StopSignal::Ready::timed_out:
      break;
  }
  return Failure{FailureKind::timed_out, fmt::format("{} did not answer in time", server_)};
}

Result<void> ImapConnection::send(std::string_view octets, milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  while (!octets.empty()) {
    size_t sent_bytes = 0;
    const CURLcode code = curl_easy_send(easy_.get(), octets.data(), octets.size(), &sent_bytes);
    octets.remove_prefix(sent_bytes);
    if (code == CURLE_OK) continue;
    if (code != CURLE_AGAIN)
      return Failure{FailureKind::io, fmt::format("{} closed the connection", server_)};
    if (Result<void> ready = wait(POLLOUT, end); !ready) return ready;
  }
  return {};
}

Result<size_t> ImapConnection::receive(char* buffer, size_t size_bytes, milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  for (;;) {
    if (stop_.raised()) return Failure{FailureKind::cancelled, "the agent is stopping"};
    size_t received_bytes = 0;
    const CURLcode code = curl_easy_recv(easy_.get(), buffer, size_bytes, &received_bytes);
    if (code == CURLE_OK) return received_bytes;
    if (code != CURLE_AGAIN)
      return Failure{FailureKind::io, fmt::format("the connection to {} broke", server_)};
    if (Result<void> ready = wait(POLLIN, end); !ready) return ready.failure();
  }
}

}  // namespace mtasts::intake
