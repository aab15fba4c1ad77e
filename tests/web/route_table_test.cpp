// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/route_table.h"

#include <gtest/gtest.h>

namespace mtasts::web {
namespace {

// Responds with the route's name and the text matched by its '*'.
Route route(std::string_view method, std::string_view path, std::string name, size_t body_bytes = 0,
            RequestClass kind = RequestClass::page) {
  auto answer = [name](const RoutedRequest& request, const Handler::Done& done) {
    done(text_response(200, name + ":" + std::string(request.wildcard)));
  };
  return {method, path, answer, kind, body_bytes};
}

class RouteTableTest : public testing::Test {
 protected:
  HttpRequest request(const std::string& method, const std::string& target) const {
    HttpRequest made;
    made.method = method;
    made.target = target;
    made.host = "agent.example:10058";
    return made;
  }

  HttpResponse answer(const HttpRequest& asked) const {
    HttpResponse answered;
    int count = 0;
    const RouteMatch match = table_.match(asked, external_);
    match.answer(asked, [&](HttpResponse response) {
      answered = std::move(response);
      ++count;
    });
    EXPECT_EQ(count, 1) << asked.target;
    // Both refuse the same requests.
    Admission admission = match.admission();
    EXPECT_EQ(admission.refusal ? admission.refusal->status : 200, answered.status) << asked.target;
    return answered;
  }

  void reach_at(const std::string& url) { external_ = settings::parse_external_url(url).value(); }

  settings::ExternalUrl external_;
  const RouteTable table_{{
      route("GET", "/", "root"),
      route("GET", "/metrics", "metrics"),
      route("GET", "/things/*/parts", "parts"),
      route("GET", "/things/*", "thing"),
      route("POST", "/things/*", "write", 500, RequestClass::write),
      route("POST", "/upload", "upload", 70000),
  }};
};

TEST_F(RouteTableTest, FindsRoutes) {
  struct Case {
    std::string method, target, body;
    int status;
    std::string allow;
  };
  const Case cases[] = {
      {"GET", "/", "root:", 200, ""},
      {"GET", "/?a=b", "root:", 200, ""},
      {"HEAD", "/", "root:", 200, ""},
      {"GET", "/things/a", "thing:a", 200, ""},
      {"GET", "/things/", "thing:", 200, ""},
      {"GET", "/things/a%2Fb/c", "thing:a/b/c", 200, ""},
      {"GET", "/things/a/parts", "parts:a", 200, ""},
      {"GET", "/things//parts", "parts:", 200, ""},
      {"GET", "/things/parts", "thing:parts", 200, ""},  // the slash is counted on one side only
      {"POST", "/things/a", "write:a", 200, ""},
      {"POST", "/things/a/parts", "write:a/parts", 200, ""},
      {"PUT", "/things/a/parts", "", 405, "GET, HEAD, POST"},
      {"PUT", "/things/a", "", 405, "GET, HEAD, POST"},
      {"GET", "/upload", "", 405, "POST"},
      {"HEAD", "/upload", "", 405, "POST"},
      {"get", "/", "", 405, "GET, HEAD"},  // methods are case-sensitive
      {"GET", "/thing", "", 404, ""},
      {"GET", "/metrics/", "", 404, ""},
      {"POST", "/none", "", 404, ""},
      {"GET", "/%", "", 400, ""},
      {"POST", "*", "", 400, ""},
  };
  for (const Case& c : cases) {
    HttpResponse response = answer(request(c.method, c.target));
    EXPECT_EQ(response.status, c.status) << c.method << c.target;
    EXPECT_EQ(response.allow, c.allow) << c.method << c.target;
    if (c.status == 200) {
      EXPECT_EQ(response.body, c.body + "\n") << c.target;
    }
  }
}

TEST_F(RouteTableTest, ReportsTheBodyLimit) {
  auto limit = [this](const std::string& method, const std::string& target) {
    return table_.match(request(method, target), external_).admission().body_bytes;
  };
  EXPECT_EQ(limit("GET", "/"), 0u);
  EXPECT_EQ(limit("POST", "/things/a"), 500u);
  EXPECT_EQ(limit("GET", "/things/a"), 0u);
  EXPECT_EQ(limit("POST", "/upload"), 70000u);
  EXPECT_EQ(limit("POST", "/none"), 0u);
}

TEST_F(RouteTableTest, RefusesWritingFromOtherSites) {
  struct Case {
    std::string origin, fetch_site;
    int status;           // without an external URL
    int status_external;  // with one
  };
  const Case cases[] = {
      {"", "", 200, 200},  // not a browser
      {"", "same-origin", 200, 200},
      {"", "none", 200, 200},  // typed by the user
      {"http://agent.example:10058", "same-origin", 200, 200},
      {"https://Outside.example", "same-origin", 403, 200},
      {"https://outside.example:8443", "", 403, 403},
      {"https://outside.example.evil.example", "", 403, 403},
      {"https://evil.example", "", 403, 403},
      {"https://outside.example", "cross-site", 403, 403},
      {"https://outside.example", "same-site", 403, 403},
      {"http://agent.example", "", 403, 403},  // another port
      {"null", "", 403, 403},
      {"http://", "", 403, 403},
      {"outside.example", "", 403, 403},
      {"https://user@outside.example", "", 403, 403},  // not an origin
  };
  for (const Case& c : cases) {
    HttpRequest asked = request("POST", "/things/a");
    asked.origin = c.origin;
    asked.fetch_site = c.fetch_site;
    reach_at("");
    EXPECT_EQ(answer(asked).status, c.status) << c.origin << c.fetch_site;
    reach_at("https://outside.example:443/");
    EXPECT_EQ(answer(asked).status, c.status_external) << c.origin << c.fetch_site;
    asked.method = "GET";
    EXPECT_EQ(answer(asked).status, 200) << "open routes take all";
  }
}

TEST_F(RouteTableTest, AnEmptyHostMatchesNoOrigin) {
  HttpRequest asked = request("POST", "/things/a");
  asked.host.clear();
  for (std::string origin : {"null", "http://", "file://", "a:<", "a:#", "https://evil.example"}) {
    asked.origin = origin;
    EXPECT_EQ(answer(asked).status, 403) << origin;
  }
}

TEST_F(RouteTableTest, ServesWithAndWithoutThePrefix) {
  struct Case {
    std::string url, target, body;
    int status;
  };
  const Case cases[] = {
      {"https://h.example/below", "/below/", "root:", 200},
      {"https://h.example/below", "/below", "root:", 200},
      {"https://h.example/below", "/below?q=x", "root:", 200},
      {"https://h.example/below", "/below/things/a/parts", "parts:a", 200},
      {"https://h.example/below", "/things/a", "thing:a", 200},
      {"https://h.example/below", "/", "root:", 200},
      {"https://h.example/below", "/belowmetrics", "", 404},
      {"https://h.example/below", "/below/below/", "", 404},
      {"https://h.example/below", "/other/metrics", "", 404},
      {"https://h.example/a%20b/c/", "/a%20b/c/metrics", "metrics:", 200},
      {"https://h.example/a%20b/c/", "/a%20b/metrics", "", 404},
      {"https://h.example/", "/metrics", "metrics:", 200},
      {"https://h.example/", "//metrics", "", 404},
      {"", "/below/metrics", "", 404},
      // A prefix that is also the path of a route: every route still responds.
      {"https://h.example/metrics", "/metrics", "metrics:", 200},
      {"https://h.example/metrics", "/metrics/", "root:", 200},
      {"https://h.example/metrics", "/metrics/metrics", "metrics:", 200},
      {"https://h.example/things", "/things/a", "thing:a", 200},
      {"https://h.example/things", "/things/things/a", "thing:a", 200},
      {"https://h.example/things", "/things/metrics", "metrics:", 200},
  };
  for (const Case& c : cases) {
    reach_at(c.url);
    HttpResponse response = answer(request("GET", c.target));
    EXPECT_EQ(response.status, c.status) << c.url << " " << c.target;
    if (c.status == 200) {
      EXPECT_EQ(response.body, c.body + "\n") << c.url << " " << c.target;
    }
  }
  reach_at("https://h.example/below");
  EXPECT_EQ(answer(request("PUT", "/below/metrics")).allow, "GET, HEAD");
  EXPECT_EQ(table_.match(request("POST", "/below/upload"), external_).admission().body_bytes,
            70000u);
}

}  // namespace
}  // namespace mtasts::web
