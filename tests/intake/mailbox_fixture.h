// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A poller and a scripted IMAP server with one mailbox. gtest's thread only.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fakes/certificate_factory.h"
#include "fakes/imap_server.h"
#include "fakes/wait_until.h"
#include "intake/mailbox_poller.h"

namespace mtasts::intake {

using fakes::ImapScript;
using fakes::ImapServer;
using fakes::wait_until;
using settings::ReportsMailboxSettings;

inline fakes::LeafOptions leaf(const std::string& name) {
  fakes::LeafOptions options;
  options.dns_names = {name};
  return options;
}

class MailboxTest : public testing::Test {
 protected:
  MailboxTest()
      : root_(fakes::CertificateAuthority::root()),
        ca_file_(fakes::write_pem(directory_.path(), "ca.pem", root_.certificate_pem())) {
    script_.identity = root_.issue(leaf("localhost"));
    write_secret("secret\n");
    mailbox_.user = "reports@example.com";
    mailbox_.ca_file = ca_file_.string();
    mailbox_.password_file = secret_file().string();
    mailbox_.interval = std::chrono::milliseconds(20);
  }
  ~MailboxTest() override {
    poller_.reset();
    server_.reset();
  }

  std::filesystem::path secret_file() const { return directory_.path() / "secret"; }
  void write_secret(const std::string& text) const { std::ofstream(secret_file()) << text; }
  void serve() { server_ = std::make_unique<ImapServer>(script_); }
  void poll() {
    if (!server_) serve();
    if (mailbox_.url.empty()) mailbox_.url = url_of(server_->port());
    poller_ = std::make_unique<MailboxPoller>(
        MailboxOptions{.mailbox = mailbox_, .mark_file = mark_file_}, [this](std::string octets) {
          const std::lock_guard lock(mutex_);
          if (answer_ != PutOutcome::kept) return answer_;
          seen_.push_back(std::move(octets));
          return PutOutcome::kept;
        });
  }
  std::string url_of(int port) const {
    return (script_.implicit_tls ? "imaps://localhost:" : "imap://localhost:") +
           std::to_string(port) + "/INBOX";
  }
  std::vector<std::string> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  void answer(PutOutcome value) {
    const std::lock_guard lock(mutex_);
    answer_ = value;
  }
  MailboxStatus status() const { return poller_->status(); }
  testing::AssertionResult polls(int more = 2) const {
    const int before = server_->count("UID SEARCH");
    return wait_until("more polls", [&] { return server_->count("UID SEARCH") >= before + more; });
  }
  testing::AssertionResult reads(uint64_t count) const {
    return wait_until("messages", [&] { return status().messages_total >= count; });
  }
  std::string error() const {
    EXPECT_TRUE(wait_until("a failure", [&] { return status().failures_total > 0; }));
    return status().last_error;
  }

  fakes::TemporaryDirectory directory_;
  fakes::CertificateAuthority root_;
  std::filesystem::path ca_file_;
  ImapScript script_;
  ReportsMailboxSettings mailbox_;
  std::filesystem::path mark_file_;
  std::unique_ptr<ImapServer> server_;
  std::unique_ptr<MailboxPoller> poller_;
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
  PutOutcome answer_ = PutOutcome::kept;
};

}  // namespace mtasts::intake
