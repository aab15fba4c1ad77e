// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

//     write_hosting DIR DOMAIN MODE MAX_AGE MX...
//
// Writes what hosting_for() makes of a policy: DIR/<target>/<files>, and the policy as DIR/policy.
// For the tests that serve it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "protocol/sts/policy_writer.h"
#include "publish/hosting.h"

namespace mtasts {
namespace {

void write(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

void write_all(const std::filesystem::path& folder, const publish::HostedText& text) {
  write(folder / "policy", text.policy);
  for (publish::HostingTarget target : publish::kHostingTargets) {
    publish::Hosting hosting = publish::hosting_for(target, text);
    for (const publish::GeneratedFile& file : hosting.files)
      write(folder / publish::name_of(target) / file.path, file.content);
  }
}

}  // namespace
}  // namespace mtasts

int main(int count, char** words) {
  using namespace mtasts;
  try {
    if (count < 5) throw std::runtime_error("write_hosting DIR DOMAIN MODE MAX_AGE MX...");
    publish::HostedText text;
    text.domain = words[2];
    text.mode = protocol::mode_named(words[3]).value();
    text.max_age_seconds = std::stoull(words[4]);
    text.mx.assign(words + 5, words + count);
    text.policy = protocol::write_policy(text.mode, text.mx, text.max_age_seconds);
    write_all(words[1], text);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
