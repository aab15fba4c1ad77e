// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/submit_command.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace mtasts::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Takes one connection, reads one whole request, and answers with the octets it was given.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 1);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~OneAnswer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/tlsrpt"; }
  uint16_t port() const { return port_; }
  // After the exchange.
  const std::string& request() const { return request_; }

 private:
  bool is_whole() const {
    const size_t end = request_.find("\r\n\r\n");
    const size_t length = request_.find("Content-Length: ");
    return end != std::string::npos && length < end &&
           request_.size() >= end + 4 + std::stoul(request_.substr(length + 16));
  }
  void serve() {
    const int connection = ::accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    char octets[65536];
    ssize_t got = 0;
    while (!is_whole() && (got = ::recv(connection, octets, sizeof octets, 0)) > 0)
      request_.append(octets, static_cast<size_t>(got));
    if (answer_ == "silence")
      ::recv(connection, octets, sizeof octets, 0);  // until the client gives up
    else
      ::send(connection, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    ::close(connection);
  }

  const std::string answer_;
  const int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  uint16_t port_ = 0;
  std::string request_;
  std::thread thread_;
};

std::string answer_of(int status, const std::string& fields = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + fields +
         "Content-Length: 5\r\n\r\ntext\n";
}

class SubmitCommand : public testing::Test {
 protected:
  SubmitCommand() {
    std::string name = (fs::temp_directory_path() / "submit-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~SubmitCommand() override { fs::remove_all(root_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name, std::ios::binary) << text;
    return root_ / name;
  }
  int submit(const std::string& input = "report") {
    std::istringstream in(input);
    std::ostringstream err;
    options_.connect_timeout = std::chrono::milliseconds(5000);
    const int status = run_submit(options_, in, err);
    error_ = err.str();
    const auto lines = std::count(error_.begin(), error_.end(), '\n');
    EXPECT_EQ(lines, status == 0 ? 0 : 1) << error_;
    return status;
  }
  int submit_to(const std::string& answer, const std::string& input = "report") {
    OneAnswer server(answer);
    options_.url = server.url();
    return submit(input);
  }

  fs::path root_;
  SubmitOptions options_;
  std::string error_;
};

TEST_F(SubmitCommand, DeliversWhatItReads) {
  std::string request;
  {
    OneAnswer server(answer_of(201));
    options_.url = server.url();
    EXPECT_EQ(submit("From: a\n\nbody"), 0) << error_;
    request = server.request();
  }
  EXPECT_THAT(request, testing::StartsWith("POST /tlsrpt HTTP/1.1\r\n"));
  EXPECT_THAT(request, testing::EndsWith("\r\n\r\nFrom: a\n\nbody"));
  EXPECT_THAT(request, testing::Not(HasSubstr("Expect:")));
  EXPECT_THAT(request, testing::Not(HasSubstr("Authorization:")));
  EXPECT_EQ(submit_to(answer_of(200)), 0) << error_;
}

TEST_F(SubmitCommand, EachAnswerHasItsStatus) {
  EXPECT_EQ(submit_to(answer_of(413)), 65);
  for (int status : {202, 204, 400, 401, 403, 404, 405, 429, 500, 502, 503, 504})
    EXPECT_EQ(submit_to(answer_of(status)), 75) << status;
  EXPECT_EQ(submit_to(answer_of(301, "Location: http://127.0.0.1:1/\r\n")), 75);
  EXPECT_THAT(error_, HasSubstr("answered 301 (text)"));
}

TEST_F(SubmitCommand, WhatIsNoAnswerIsTriedAgain) {
  EXPECT_EQ(submit_to("HTTP/1.1 503 X\r\nContent-Length: 50\r\n\r\nshort"), 75);
  EXPECT_THAT(error_, HasSubstr("503"));
  EXPECT_EQ(submit_to("HTTP/1.1 201 X\r\nContent-Length: 50\r\n\r\nshort"), 75)
      << "an incomplete answer is none";
  EXPECT_EQ(submit_to(""), 75);
  EXPECT_EQ(submit_to("220 mail.example ESMTP\r\n"), 75);
  options_.timeout = std::chrono::milliseconds(300);
  EXPECT_EQ(submit_to("silence"), 75);
  options_.url = "http://127.0.0.1:1/tlsrpt";
  EXPECT_EQ(submit(), 75);
  EXPECT_THAT(error_, HasSubstr("cannot reach http://127.0.0.1:1/tlsrpt"));
  OneAnswer plain(answer_of(201));
  options_.url = "https" + plain.url().substr(4);
  EXPECT_EQ(submit(), 75) << "no TLS";
}

TEST_F(SubmitCommand, InputHasBounds) {
  options_.url = "http://127.0.0.1:1/";
  EXPECT_EQ(submit(""), 65);
  EXPECT_EQ(submit(std::string(10 * 1024 * 1024 + 1, 'x')), 65);
  options_.file = root_ / "missing";
  EXPECT_EQ(submit(), 64);
  options_.file = write("report.json", "{}");
  OneAnswer server(answer_of(201));
  options_.url = server.url();
  EXPECT_EQ(submit(""), 0) << error_;
}

TEST_F(SubmitCommand, UrlsAreChecked) {
  for (const char* url : {"", "ftp://a/", "file:///etc/passwd", "not a url", "http://"}) {
    options_.url = url;
    EXPECT_THAT(submit(), testing::AnyOf(64, 78)) << url;
  }
}

TEST_F(SubmitCommand, TheTokenNeverTravelsInClear) {
  options_.token_file = write("token", "s3cret\n");
  options_.url = "http://192.0.2.1/tlsrpt";
  EXPECT_EQ(submit(), 64);
  EXPECT_THAT(error_, testing::Not(HasSubstr("s3cret")));
  OneAnswer server(answer_of(201));
  options_.url = server.url();
  EXPECT_EQ(submit(), 0) << error_;
  EXPECT_THAT(server.request(), HasSubstr("\r\nAuthorization: Bearer s3cret\r\n"));
  options_.token_file = write("empty", "\n");
  EXPECT_EQ(submit(), 78);
  options_.token_file = root_ / "missing";
  EXPECT_EQ(submit(), 78);
}

TEST_F(SubmitCommand, FindsTheAgentInTheSettings) {
  write("token", "s3cret");
  OneAnswer server(answer_of(201));
  options_.config =
      write("a.toml", "[reports]\nenabled = true\n[reports.https]\nlisten = [\"0.0.0.0:" +
                          std::to_string(server.port()) +
                          "\"]\npath = \"/in\"\nsubmit_token_file = \"token\"\n");
  EXPECT_EQ(submit(), 0) << error_;
  EXPECT_THAT(server.request(), testing::StartsWith("POST /in HTTP/1.1\r\n"));
  EXPECT_THAT(server.request(), HasSubstr("\r\nAuthorization: Bearer s3cret\r\n"));
}

TEST_F(SubmitCommand, SettingsMustNameAnAgent) {
  options_.config = write("a.toml", "[reports]\nwindow = \"7d\"\n");
  EXPECT_EQ(submit(), 78);
  EXPECT_THAT(error_, HasSubstr("[reports.https] listen is not set"));
}

TEST(SubmitUrl, IsTheFirstListener) {
  settings::ReportsHttpsSettings https;
  EXPECT_EQ(submit_url_of(https), "");
  https.listen.push_back({IpAddress::v6({}), 10060});
  EXPECT_EQ(submit_url_of(https), "http://127.0.0.1:10060/tlsrpt");
  https.cert_file = "tls.crt";
  EXPECT_EQ(submit_url_of(https), "https://127.0.0.1:10060/tlsrpt");
  https.listen[0].address = IpAddress::parse("::1").value();
  EXPECT_EQ(submit_url_of(https), "https://[::1]:10060/tlsrpt");
}

}  // namespace
}  // namespace mtasts::cli
