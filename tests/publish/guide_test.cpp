// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/guide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mtasts::publish {
namespace {

using testing::HasSubstr;
using testing::Not;

GuideRequest request_for(protocol::Mode mode) {
  GuideRequest request;
  request.domain = "example.com";
  request.mode = mode;
  request.id = "0123456789abcdef0123";
  request.zone_file = "example.com.zone";
  request.targets = {HostingTarget::nginx, HostingTarget::agent};
  return request;
}

TEST(Guide, ThePolicyComesBeforeItsRecord) {
  for (protocol::Mode mode :
       {protocol::Mode::testing, protocol::Mode::enforce, protocol::Mode::none}) {
    std::string text = guide_text(request_for(mode));
    size_t served = text.find("Serve `mta-sts.txt`");
    size_t seen = text.find("curl -sS -i https://mta-sts.example.com/");
    size_t published = text.find("Publish the other lines");
    size_t checked = text.find("mtasts-exporter check example.com");
    ASSERT_NE(checked, std::string::npos);
    EXPECT_LT(served, seen);
    EXPECT_LT(seen, published);
    EXPECT_LT(published, checked);
    EXPECT_THAT(text, HasSubstr("`hosting/nginx`, `hosting/agent`"));
    EXPECT_THAT(text, HasSubstr("0123456789abcdef0123"));
    EXPECT_EQ(text.find("When to go on") != std::string::npos, mode != protocol::Mode::none);
  }
}

TEST(Guide, SaysWhatIsStillToBeFilledInAndWhatIsLeftOut) {
  GuideRequest request = request_for(protocol::Mode::testing);
  EXPECT_THAT(guide_text(request), HasSubstr("filled in"));
  EXPECT_THAT(guide_text(request), HasSubstr("fill in who receives"));
  EXPECT_THAT(guide_text(request), Not(HasSubstr("leaves out")));
  request.rua = request.policy_host = true;
  EXPECT_THAT(guide_text(request), Not(HasSubstr("fill")));
  request.left_out = {{"mail.example.com.example.com", "write it with a final dot"}};
  EXPECT_THAT(guide_text(request), HasSubstr("leaves out the MX host mail.example.com.example.com: "
                                             "write it with a final dot. Then"));
}

TEST(Guide, StepsAreNumbered) {
  Hosting hosting;
  hosting.steps = {"Do this.", "Do that."};
  EXPECT_EQ(steps_text("example.com", HostingTarget::caddy, hosting),
            "# The policy of example.com on caddy\n\n1. Do this.\n2. Do that.\n");
}

}  // namespace
}  // namespace mtasts::publish
