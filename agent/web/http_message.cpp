// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/http_message.h"

#include <fmt/format.h>

#include <utility>

#include "present/page.h"

namespace mtasts::web {

HttpResponse text_response(int status, std::string_view sentence) {
  HttpResponse response;
  response.status = status;
  response.body = std::string(sentence) + "\n";
  return response;
}

HttpResponse retry_response(int status, std::string_view sentence, std::chrono::seconds after) {
  HttpResponse response = text_response(status, sentence);
  response.retry_after = after;
  return response;
}

HttpResponse json_response(int status, std::string json) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json; charset=utf-8";
  response.body = std::move(json) + "\n";
  return response;
}

HttpResponse page_response(int status, std::string page) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(page);
  response.content_security_policy = present::page_security_policy();
  return response;
}

HttpResponse stream_response(std::string_view type, present::BodySource source) {
  HttpResponse response;
  response.content_type = type;
  response.source = std::move(source);
  return response;
}

FixedResponsePtr fixed_response(std::string_view status, std::string_view fields,
                                std::string body) {
  FixedResponse made;
  made.head = fmt::format("HTTP/1.1 {}\r\n{}Cache-Control: no-store\r\nContent-Length: {}\r\n",
                          status, fields, body.size());
  made.body = std::move(body);
  return std::make_shared<const FixedResponse>(std::move(made));
}

}  // namespace mtasts::web
