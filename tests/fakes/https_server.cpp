// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/https_server.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <string_view>
#include <utility>

namespace mtasts::fakes {
namespace {

constexpr std::string_view kGarbage = "\x01\x02\x03garbage, not TLS";

struct OpensslFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Context = std::unique_ptr<SSL_CTX, OpensslFree>;
using Ssl = std::unique_ptr<SSL, OpensslFree>;
using Bio = std::unique_ptr<BIO, OpensslFree>;

Bio reader_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

struct Alpn {
  bool http2 = false;  // select it where it is offered
  bool http2_only = false;
  std::vector<std::string> offered;
};

// Records the protocols offered by the client; selects HTTP/2 or none.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int size, void* argument) {
  static constexpr std::string_view kHttp2 = "h2";
  auto* alpn = static_cast<Alpn*>(argument);
  for (unsigned int at = 0; at < size; at += 1u + offered[at])
    alpn->offered.emplace_back(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
  for (const std::string& name : alpn->offered) {
    if (!alpn->http2 || name != kHttp2) continue;
    *chosen = reinterpret_cast<const unsigned char*>(kHttp2.data());
    *chosen_size = kHttp2.size();
    return SSL_TLSEXT_ERR_OK;
  }
  return alpn->http2_only ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
}

Context make_context(const Identity& identity, const HttpsScript& script, Alpn* alpn) {
  Context context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), script.newest_version);
  SSL_CTX_set_mode(context.get(), SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, alpn);
  if (script.wants_client_certificate)
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  Bio certificates = reader_of(identity.certificate_chain_pem);
  for (bool leaf = true;; leaf = false) {
    std::unique_ptr<X509, OpensslFree> certificate(
        PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    if (leaf) {
      SSL_CTX_use_certificate(context.get(), certificate.get());
    } else {
      SSL_CTX_add1_chain_cert(context.get(), certificate.get());
    }
  }
  Bio keys = reader_of(identity.private_key_pem);
  std::unique_ptr<EVP_PKEY, OpensslFree> key(
      PEM_read_bio_PrivateKey(keys.get(), nullptr, nullptr, nullptr));
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  ERR_clear_error();
  return context;
}

// connect() to AF_UNSPEC on a connected TCP socket sends RST and keeps the descriptor.
void reset(int socket) {
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  connect(socket, &nowhere, sizeof nowhere);
}

void wait_for_end(int socket) {
  std::array<char, 4096> block{};
  while (recv(socket, block.data(), block.size(), 0) > 0) {
  }
}

bool write_all(SSL* ssl, std::string_view octets) {
  return octets.empty() || SSL_write(ssl, octets.data(), static_cast<int>(octets.size())) > 0;
}

std::string read_head(SSL* ssl) {
  std::string head;
  std::array<char, 4096> block{};
  while (head.find("\r\n\r\n") == std::string::npos) {
    int count = SSL_read(ssl, block.data(), block.size());
    if (count <= 0) break;
    head.append(block.data(), static_cast<size_t>(count));
  }
  return head;
}

bool is_http2(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return size == 2;
}

std::string http2_frame(char type, char flags, char stream, std::string_view payload) {
  std::string frame;
  for (int shift : {16, 8, 0}) frame += static_cast<char>(payload.size() >> shift);
  frame += type;
  frame += flags;
  frame += std::string(3, '\0') + stream;
  return frame + std::string(payload);
}

// RFC 9113: settings, then status 200 (index 8 of RFC 7541 appendix A), text/plain and the body
// for the client's first stream.
void answer_http2(SSL* ssl, const std::string& body) {
  std::array<char, 16384> block{};
  if (SSL_read(ssl, block.data(), block.size()) <= 0) return;
  const std::string type = "text/plain";
  std::string head = "\x88\x5F";  // index 31: content-type
  head += static_cast<char>(type.size());
  const std::string octets = http2_frame(4, 0, 0, "") + http2_frame(4, 1, 0, "") +
                             http2_frame(1, 4, 1, head + type) + http2_frame(0, 1, 1, body);
  if (!write_all(ssl, octets)) return;
  while (SSL_read(ssl, block.data(), block.size()) > 0) {
  }
}

void send_response(SSL* ssl, int socket, const HttpsScript& script) {
  if (script.behaviour == Behaviour::drip) {
    for (char octet : script.response) {
      if (!write_all(ssl, std::string_view(&octet, 1))) return;
      std::this_thread::sleep_for(script.drip_interval);
    }
    return;
  }
  if (!write_all(ssl, script.response) || !write_all(ssl, script.second_record)) return;
  if (script.behaviour == Behaviour::repeat_last)
    while (write_all(ssl, script.repeated)) {
    }
  if (script.behaviour == Behaviour::hold_open) wait_for_end(socket);
  if (script.behaviour == Behaviour::garbage_after_response)
    send(socket, kGarbage.data(), kGarbage.size(), MSG_NOSIGNAL);
}

}  // namespace

std::string response_with(const std::string& head, const std::string& body) {
  return head + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string policy_response(const std::string& body) {
  return response_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain", body);
}

HttpsServer::HttpsServer(Identity identity, HttpsScript script, const std::string& address,
                         uint16_t port)
    : identity_(std::move(identity)),
      script_(std::move(script)),
      server_([this](int socket) { serve(socket); }, address, port) {}

void HttpsServer::set_script(HttpsScript script) {
  std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

std::vector<SeenRequest> HttpsServer::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

void HttpsServer::serve(int socket) {
  HttpsScript script;
  {
    std::lock_guard lock(mutex_);
    script = script_;
  }
  std::array<char, 16384> hello{};
  switch (script.behaviour) {
    case Behaviour::silent_after_accept:
      return wait_for_end(socket);
    case Behaviour::garbage:
    case Behaviour::plain_http: {
      recv(socket, hello.data(), hello.size(), 0);
      const std::string octets = script.behaviour == Behaviour::garbage
                                     ? std::string(kGarbage)
                                     : policy_response("version: STSv1\r\n");
      send(socket, octets.data(), octets.size(), MSG_NOSIGNAL);
      return;
    }
    case Behaviour::close_in_handshake:
      recv(socket, hello.data(), hello.size(), 0);
      return;
    case Behaviour::reset_in_handshake: {
      recv(socket, hello.data(), hello.size(), 0);
      reset(socket);
      return;
    }
    default:
      return speak_tls(socket, script);
  }
}

void HttpsServer::speak_tls(int socket, const HttpsScript& script) {
  SeenRequest seen;
  Alpn alpn{script.http2_body.has_value(), script.http2_only, {}};
  Context context = make_context(identity_, script, &alpn);
  Ssl ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), socket);
  if (SSL_accept(ssl.get()) != 1) {
    ERR_clear_error();
    return;
  }
  if (const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name))
    seen.server_name = name;
  seen.tls_version = SSL_get_version(ssl.get());
  seen.alpn = alpn.offered;
  if (is_http2(ssl.get())) return answer_http2(ssl.get(), *script.http2_body);
  seen.head = read_head(ssl.get());
  {
    std::lock_guard lock(mutex_);
    requests_.push_back(seen);
  }
  if (script.behaviour == Behaviour::reset_after_request) return reset(socket);
  if (script.behaviour == Behaviour::silent_after_handshake) {
    wait_for_end(socket);
  } else if (!seen.head.empty()) {
    HttpsScript reply = script;
    const bool coded = seen.head.find("\r\nAccept-Encoding:") != std::string::npos;
    if (!coded && !reply.without_accept_encoding.empty())
      reply.response = reply.without_accept_encoding;
    send_response(ssl.get(), socket, reply);
  }
  if (!script.without_close_notify) SSL_shutdown(ssl.get());
  ERR_clear_error();
}

}  // namespace mtasts::fakes
