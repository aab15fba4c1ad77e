// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include "base/time.h"
#include "settings/domain_list.h"
#include "settings/endpoint.h"
#include "settings/environment.h"
#include "settings/input_file.h"
#include "settings/routable_families.h"
#include "settings/settings.h"
#include "settings/toml_reader.h"

namespace mtasts::settings {
namespace {

constexpr uint16_t kDefaultWebPort = 10058;

// A rule between two settings: the complaint goes to the first rather than the second. Nothing is
// said when one of them was refused, since its default says nothing about what was meant.
void demand(Draft& draft, bool holds, std::string_view first, std::string_view second,
            std::string message) {
  if (holds || draft.refused.contains(first) || draft.refused.contains(second)) return;
  auto found = draft.set.find(first);
  if (found == draft.set.end()) found = draft.set.find(second);
  Place place = found == draft.set.end() ? Place{} : found->second;
  draft.complaints.add(place, std::move(message));
}

void compare_settings(Draft& draft) {
  const ShardSettings& shard = draft.settings.shard;
  demand(draft, shard.index < shard.total, "[shard] index", "[shard] total",
         fmt::format("[shard] index {} must be less than total {}; shards count from 0",
                     shard.index, shard.total));
  const CheckSettings& check = draft.settings.check;
  demand(draft, check.expiry_critical <= check.expiry_warning, "[check] expiry_critical",
         "[check] expiry_warning",
         fmt::format("[check] expiry_critical {} must not be more than expiry_warning {}",
                     duration_text(check.expiry_critical), duration_text(check.expiry_warning)));
}

void fill_defaults(Settings& settings) {
  if (settings.web.listen.empty())
    settings.web.listen.push_back({IpAddress::v6({}), kDefaultWebPort});
  if (settings.network.families.empty()) settings.network.families = routable_families();
}

LoadedSettings finish(Draft& draft, const Environment& environment) {
  read_environment(draft, environment);
  compare_settings(draft);
  gather_domains(draft);
  fill_defaults(draft.settings);
  draft.settings.hash = draft.fingerprint.hex();
  LoadedSettings loaded;
  loaded.settings = std::move(draft.settings);
  loaded.errors = draft.complaints.take();
  return loaded;
}

}  // namespace

LoadedSettings parse_settings(std::string_view toml, const std::filesystem::path& file,
                              const Environment& environment) {
  Draft draft;
  draft.directory = file.parent_path();
  size_t index = draft.complaints.add_file(file.string());
  if (!file.empty()) draft.settings.files.push_back(file);
  draft.fingerprint.add(toml);
  read_toml(draft, index, toml);
  return finish(draft, environment);
}

LoadedSettings load_settings(const std::filesystem::path& file, const Environment& environment) {
  if (file.empty()) return parse_settings("", file, environment);
  auto content = read_input_file(file);
  if (content) return parse_settings(*content, file, environment);
  Draft draft;
  size_t index = draft.complaints.add_file(file.string());
  draft.settings.files.push_back(file);
  draft.complaints.add({index, 0, 0}, content.failure().detail);
  LoadedSettings loaded;
  loaded.settings = std::move(draft.settings);
  loaded.errors = draft.complaints.take();
  return loaded;
}

}  // namespace mtasts::settings
