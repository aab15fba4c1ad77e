// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/imap_server.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <sstream>

#include "base/ascii.h"
#include "base/handle.h"
#include "fakes/loopback_socket.h"

namespace mtasts::fakes {
namespace {

constexpr int kLifetime_seconds = 30;

std::string first_word(std::string& text) {
  const size_t end = std::min(text.find(' '), text.size());
  std::string word = text.substr(0, end);
  text.erase(0, std::min(end + 1, text.size()));
  return word;
}

std::string decoded(const std::string& base64) {
  std::string octets(base64.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  octets.resize(size < 0 ? 0 : static_cast<size_t>(size));
  while (!octets.empty() && base64.ends_with('=') && octets.back() == '\0') octets.pop_back();
  return octets;
}

std::string unquoted(const std::string& text) {
  return text.starts_with('"') ? text.substr(1, text.size() - 2) : text;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace

// The octets of one connection, in clear text or under TLS.
class ImapServer::Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}

  bool start_tls(const Identity& identity) {
    context_.reset(SSL_CTX_new(TLS_server_method()));
    Handle<BIO, BIO_free> chain(BIO_new_mem_buf(identity.certificate_chain_pem.data(), -1));
    Handle<BIO, BIO_free> key_text(BIO_new_mem_buf(identity.private_key_pem.data(), -1));
    Handle<X509, X509_free> leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    Handle<EVP_PKEY, EVP_PKEY_free> key(
        PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context_.get(), leaf.get());
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
    while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr))
      SSL_CTX_add0_chain_cert(context_.get(), next);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_);
    const bool done = SSL_accept(ssl_.get()) == 1;
    ERR_clear_error();
    return done;
  }

  bool send(const std::string& octets) {
    for (size_t at = 0; at < octets.size();) {
      const int size = static_cast<int>(std::min<size_t>(octets.size() - at, 1 << 20));
      const int sent = ssl_ ? SSL_write(ssl_.get(), octets.data() + at, size)
                            : static_cast<int>(::send(socket_, octets.data() + at,
                                                      static_cast<size_t>(size), MSG_NOSIGNAL));
      if (sent <= 0) return false;
      at += static_cast<size_t>(sent);
    }
    return true;
  }

  std::optional<std::string> line() {
    for (;;) {
      const size_t end = pending_.find("\r\n");
      if (end != std::string::npos) {
        std::string line = pending_.substr(0, end);
        pending_.erase(0, end + 2);
        return line;
      }
      std::array<char, 4096> buffer{};
      const int size = ssl_ ? SSL_read(ssl_.get(), buffer.data(), buffer.size())
                            : static_cast<int>(::recv(socket_, buffer.data(), buffer.size(), 0));
      if (size <= 0) return std::nullopt;
      pending_.append(buffer.data(), static_cast<size_t>(size));
    }
  }

 private:
  int socket_;
  std::string pending_;
  Handle<SSL_CTX, SSL_CTX_free> context_;
  Handle<SSL, SSL_free> ssl_;
};

ImapServer::ImapServer(ImapScript script)
    : script_(std::move(script)),
      listener_(listen_on_loopback("127.0.0.1", 16)),
      port_(port_of_socket(listener_)) {
  folders_["INBOX"];
  thread_ = std::thread([this] { serve(); });
}

ImapServer::~ImapServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
  }
  thread_.join();
  close_socket(listener_);
}

void ImapServer::serve() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    ImapScript script;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        if (socket >= 0) close_socket(socket);
        return;
      }
      if (socket < 0) continue;
      socket_ = socket;
      ++connections_;
      script = script_;
    }
    limit_lifetime(socket, kLifetime_seconds);
    {
      Connection connection(socket);
      bool logged_in = false;
      bool open = (!script.implicit_tls || connection.start_tls(script.identity)) &&
                  connection.send(script.greeting);
      while (open) {
        std::optional<std::string> line = connection.line();
        if (!line) break;
        const std::string tag = first_word(*line);
        if (line->starts_with("AUTHENTICATE") && line->find(' ', 13) == std::string::npos) {
          connection.send("+ \r\n");
          *line += ' ' + connection.line().value_or("");
        }
        {
          const std::lock_guard lock(mutex_);
          commands_.push_back(*line);
        }
        std::optional<std::string> special;
        if (script.answer) special = script.answer(*line);
        const std::string answer = special ? *special : answer_to(*line, logged_in);
        open = !answer.empty() && connection.send(replaced(answer, "{tag}", tag));
        if (*line == "STARTTLS") open = open && connection.start_tls(script.identity);
        // A refused token is told in a challenge, which the client acknowledges.
        if (answer.starts_with("+ ")) {
          connection.line();
          open = connection.send(tag + " NO [AUTHENTICATIONFAILED] invalid token\r\n");
        }
      }
    }
    const std::lock_guard lock(mutex_);
    close_socket(socket);
    socket_ = -1;
  }
}

std::string ImapServer::answer_to(const std::string& command, bool& logged_in) {
  const std::lock_guard lock(mutex_);
  std::string rest = command;
  const std::string verb = first_word(rest);
  const std::string ok = "{tag} OK done\r\n";
  if (verb == "CAPABILITY") return "* CAPABILITY " + script_.capabilities + "\r\n" + ok;
  if (verb == "STARTTLS") return ok;
  if (verb == "LOGOUT") return "* BYE see you\r\n" + ok;
  if (verb == "AUTHENTICATE" || verb == "LOGIN") {
    const std::string mechanism = verb == "LOGIN" ? verb : first_word(rest);
    const std::string shown = mechanism == "LOGIN" ? rest : decoded(rest);
    logged_in = shown.find(script_.user) != std::string::npos &&
                shown.find(script_.secret) != std::string::npos;
    if (logged_in) return ok;
    if (mechanism == "XOAUTH2" || mechanism == "OAUTHBEARER")
      return "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n";
    return "{tag} NO [AUTHENTICATIONFAILED] wrong credentials\r\n";
  }
  if (!logged_in) return "{tag} BAD log in first\r\n";
  if (verb == "SELECT") return select(unquoted(rest));
  if (verb == "CREATE") {
    folders_[unquoted(rest)];
    return ok;
  }
  if (verb == "LIST") return "* LIST (\\Noselect) \".\" \"\"\r\n" + ok;
  if (verb == "EXPUNGE") {
    std::erase_if(folders_[selected_].messages,
                  [](const auto& entry) { return entry.second.flags.contains("\\Deleted"); });
    return ok;
  }
  if (verb != "UID") return "{tag} BAD unknown\r\n";
  const std::string what = first_word(rest);
  if (what == "SEARCH") return search(rest);
  const std::string uids = first_word(rest);
  if (what == "FETCH") return fetch(uids, rest);
  if (what == "STORE") return store(uids, rest);
  if (what == "COPY" || what == "MOVE") return copy(uids, unquoted(rest), what == "MOVE");
  if (what == "EXPUNGE") {
    auto& messages = folders_[selected_].messages;
    const auto found = messages.find(static_cast<uint32_t>(std::stoul(uids)));
    if (found != messages.end() && found->second.flags.contains("\\Deleted")) messages.erase(found);
    return ok;
  }
  return "{tag} BAD unknown\r\n";
}

std::string ImapServer::select(const std::string& folder) {
  if (!folders_.contains(folder)) return "{tag} NO [NONEXISTENT] no such folder\r\n";
  selected_ = folder;
  return "* FLAGS (\\Seen \\Deleted)\r\n* " + std::to_string(folders_[folder].messages.size()) +
         " EXISTS\r\n* OK [PERMANENTFLAGS (" + script_.permanent_flags +
         ")] limited\r\n* OK [UIDVALIDITY " + std::to_string(script_.uid_validity) +
         "] valid\r\n{tag} OK [" + (script_.read_only ? "READ-ONLY" : "READ-WRITE") +
         "] selected\r\n";
}

std::string ImapServer::search(const std::string& criteria) {
  std::istringstream words(criteria);
  std::string without;
  uint32_t least = 0;
  bool deleted = false;
  bool undeleted = false;
  for (std::string word; words >> word;) {
    if (word == "UNKEYWORD") words >> without;
    if (word == "DELETED") deleted = true;
    if (word == "UNDELETED") undeleted = true;
    if (word == "UID") {
      words >> word;
      least = static_cast<uint32_t>(std::stoul(word));
    }
  }
  std::string result = "* 1 RECENT\r\n* SEARCH";
  const auto& messages = folders_[selected_].messages;
  // RFC 3501 §6.4.8: "n:*" holds the last message whatever n is.
  if (!messages.empty()) least = std::min(least, messages.rbegin()->first);
  for (const auto& [uid, message] : messages) {
    const bool is_deleted = message.flags.contains("\\Deleted");
    if (uid >= least && !message.flags.contains(without) && !(deleted && !is_deleted) &&
        !(undeleted && is_deleted))
      result += ' ' + std::to_string(uid);
  }
  return result + "\r\n{tag} OK done\r\n";
}

std::string ImapServer::fetch(const std::string& uids, const std::string& items) {
  std::string result;
  std::istringstream list(uids);
  for (std::string text; std::getline(list, text, ',');) {
    const auto uid = static_cast<uint32_t>(std::stoul(text));
    auto& messages = folders_[selected_].messages;
    const auto found = messages.find(uid);
    if (found == messages.end()) continue;
    result += "* 1 FETCH (";
    const std::string& octets = found->second.octets;
    if (items.find("RFC822.SIZE") != std::string::npos)
      result += "RFC822.SIZE " + std::to_string(octets.size()) + ' ';
    if (items.find("FLAGS") != std::string::npos) {
      result += "FLAGS (";
      for (const std::string& flag : found->second.flags) result += flag + ' ';
      if (result.back() == ' ') result.pop_back();
      result += ") ";
    }
    const size_t partial = items.find("BODY.PEEK[]<0.");
    if (partial != std::string::npos) {
      const std::string part = octets.substr(0, std::stoul(items.substr(partial + 14)));
      result += "BODY[]<0> {" + std::to_string(part.size()) + "}\r\n" + part + ' ';
    }
    result += "UID " + std::to_string(uid) + ")\r\n";
  }
  return result + "{tag} OK done\r\n";
}

std::string ImapServer::store(const std::string& uid, const std::string& flags) {
  auto& messages = folders_[selected_].messages;
  const auto found = messages.find(static_cast<uint32_t>(std::stoul(uid)));
  const size_t open = flags.find('(');
  std::istringstream words(flags.substr(open + 1, flags.size() - open - 2));
  for (std::string flag; words >> flag;)
    if (found != messages.end() && (flag.starts_with('\\') || !script_.forgets_keywords))
      found->second.flags.insert(flag);
  return "{tag} OK done\r\n";
}

std::string ImapServer::copy(const std::string& uid, const std::string& folder, bool remove) {
  if (!folders_.contains(folder)) return "{tag} NO [TRYCREATE] no such folder\r\n";
  auto& messages = folders_[selected_].messages;
  const auto found = messages.find(static_cast<uint32_t>(std::stoul(uid)));
  if (found != messages.end()) {
    Folder& target = folders_[folder];
    target.messages[target.next_uid++] = found->second;
    if (remove) messages.erase(found);
  }
  return "{tag} OK done\r\n";
}

uint32_t ImapServer::add(const std::string& octets, const std::string& folder) {
  const std::lock_guard lock(mutex_);
  Folder& target = folders_[folder];
  target.messages[target.next_uid] = {octets, {}};
  return target.next_uid++;
}

std::map<uint32_t, ImapMessage> ImapServer::messages(const std::string& folder) const {
  const std::lock_guard lock(mutex_);
  const auto found = folders_.find(folder);
  return found == folders_.end() ? std::map<uint32_t, ImapMessage>{} : found->second.messages;
}

void ImapServer::change(const std::function<void(ImapScript& script)>& change) {
  const std::lock_guard lock(mutex_);
  change(script_);
}

void ImapServer::set_flag(uint32_t uid, const std::string& flag) {
  const std::lock_guard lock(mutex_);
  folders_["INBOX"].messages.at(uid).flags.insert(flag);
}

void ImapServer::clear() {
  const std::lock_guard lock(mutex_);
  folders_["INBOX"] = {};
}

std::vector<std::string> ImapServer::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

int ImapServer::count(const std::string& begin) const {
  int count = 0;
  for (const std::string& command : commands())
    if (command.starts_with(begin)) ++count;
  return count;
}

int ImapServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

}  // namespace mtasts::fakes
